package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// minSecret is the length from which a key is searched for in other places. Shorter ones
// occur there by chance.
const minSecret = 8

// inspected is what the checks know about a request. It has no reference to the request,
// because a handler may change it.
type inspected struct {
	routed
	method     string
	violations []Violation
	keys       []string // values of the key headers, to look for in the response
}

// requestJudgement is a request while it is judged.
type requestJudgement struct {
	*inspected
	c       *Checker
	sent    *http.Request
	input   *openapi3filter.RequestValidationInput
	hasBody bool
}

// inspect judges a request by everything that applies to clients and servers. If the
// operation documents a body, it reads that of r and replaces it with an equal one.
func (c *Checker) inspect(r *http.Request, hasBody bool) inspected {
	in := inspected{method: r.Method}
	if in.method == "" {
		in.method = http.MethodGet // as net/http sends it
	}
	header := canonicalHeader(r.Header)
	for _, name := range c.doc.keyHeaders {
		for _, value := range header[name] {
			if len(value) >= minSecret {
				in.keys = append(in.keys, value)
			}
		}
	}
	in.routed = c.route(in.method, r.URL)
	if len(in.onPath) == 0 {
		in.found("request path", RulePath, in.why, c.templates())
	} else if in.op == nil {
		in.found("request method", RuleMethod, methodName(in.method), orList(methods(in.onPath)))
	}
	j := &requestJudgement{inspected: &in, c: c, sent: r, hasBody: hasBody}
	for _, rule := range c.rules.url {
		rule.judge(j)
	}
	if in.op != nil {
		j.input = j.kinInput(header)
		for _, rule := range c.rules.request {
			rule.judge(j)
		}
		j.askKin()
	}
	return in
}

// kinInput prepares the request for kin-openapi.
func (j *requestJudgement) kinInput(header http.Header) *openapi3filter.RequestValidationInput {
	query, _ := url.ParseQuery(j.sent.URL.RawQuery) // rule undocumented-query reports the error
	input := &openapi3filter.RequestValidationInput{
		Request:     &http.Request{Method: j.method, URL: &url.URL{Path: "/", RawQuery: j.sent.URL.RawQuery}, Header: header},
		PathParams:  map[string]string{},
		QueryParams: query,
		Route:       j.op.route,
		Options:     kinOptions,
	}
	if j.op.route.Operation.RequestBody != nil && j.sent.Body != nil && j.sent.Body != http.NoBody {
		body := rereadable(j.sent)
		input.Request.Body, input.Request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return input
}

// rereadable reads the body of a request and puts it back.
func rereadable(r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	whole := io.Reader(bytes.NewReader(body))
	if err != nil {
		whole = io.MultiReader(whole, failingReader{err})
	}
	r.Body = rereadBody{whole, r.Body}
	return body
}

// kinOptions make kin-openapi report everything and change nothing. Its error texts quote
// values, so they are never printed.
var kinOptions = &openapi3filter.Options{
	MultiError:          true,
	SkipSettingDefaults: true,
	AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
		if wrong := judgeKey(in.SecurityScheme, in.RequestValidationInput); wrong != nil {
			return errors.New(string(wrong.Rule))
		}
		return nil
	},
	SchemaValidationOptions: []openapi3.SchemaValidationOption{
		openapi3.SetSchemaRegexCompiler(compileRegexp),
		// kin-openapi's own validators for UUIDs check version and variant. JSON Schema
		// wants the string representation of RFC 9562, section 4, in which neither matters.
		openapi3.WithStringFormatValidator("uuid",
			openapi3.NewRegexpFormatValidator(`^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)),
	},
}

// askKin adds what kin-openapi finds, unless a rule has found something at the same place.
func (j *requestJudgement) askKin() {
	parts := j.askOnlyWhatIsNew()
	err := openapi3filter.ValidateRequest(context.Background(), j.input)
	overruled := slices.Clone(j.violations)
	for _, err := range flatten(err) {
		if wrong := (*openapi3filter.RequestError)(nil); errors.As(err, &wrong) {
			delete(parts, wrong.Parameter)
		}
		for _, v := range j.translate(err) {
			if !slices.ContainsFunc(overruled, func(o Violation) bool { return o.Place == v.Place }) {
				j.found(v.Place, v.Rule, v.Found, v.Expected)
			}
		}
	}
	for _, valid := range parts {
		j.c.valid.add(valid)
	}
}

// askOnlyWhatIsNew leaves out the parameters with values that kin-openapi has found valid.
// It returns the parts to remember if the others are valid too.
func (j *requestJudgement) askOnlyWhatIsNew() map[*openapi3.Parameter]part {
	parts := map[*openapi3.Parameter]part{}
	operation := *j.op.route.Operation
	operation.Parameters = nil
	for _, ref := range j.op.route.Operation.Parameters {
		if values := j.valuesOf(ref.Value); len(values) > 0 {
			part := partOf(ref.Value, values, nil)
			if j.c.valid.has(part) {
				continue
			}
			parts[ref.Value] = part
		}
		operation.Parameters = append(operation.Parameters, ref)
	}
	route := *j.op.route
	route.Operation = &operation
	j.input.Route = &route
	return parts
}

// valuesOf returns all that the verdict on a parameter depends on, or nothing: that may be
// any part of a query or a cookie.
func (j *requestJudgement) valuesOf(p *openapi3.Parameter) []string {
	switch p.In {
	case openapi3.ParameterInPath:
		if value, ok := j.input.PathParams[p.Name]; ok {
			return []string{value}
		}
	case openapi3.ParameterInHeader:
		return j.input.Request.Header.Values(p.Name)
	}
	return nil
}

// translate says without a value what kin-openapi found wrong with a request.
func (j *requestJudgement) translate(err error) []Violation {
	var security *openapi3filter.SecurityRequirementsError
	if errors.As(err, &security) {
		return j.closest(security.SecurityRequirements)
	}
	var e *openapi3filter.RequestError
	if !errors.As(err, &e) {
		return []Violation{{Place: "request", Rule: RuleRequestContent, Found: "what kin-openapi rejects", Expected: "what is documented"}}
	}
	place, kind, missing, schema := "request body", "body", RuleRequestContent, RuleRequestContent
	if e.Parameter != nil {
		place, missing, schema = parameterPlace(e.Parameter), parameterRules[e.Parameter.In][0], parameterRules[e.Parameter.In][1]
		kind = strings.Fields(place)[1]
	}
	switch {
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		return []Violation{{Place: place, Rule: missing, Found: "no " + kind, Expected: "one value"}}
	case e.Err == nil: // only for a media type
		return []Violation{{
			Place: "request header content-type", Rule: RuleRequestContent,
			Found: mediaName(e.Input.Request.Header.Get("Content-Type")), Expected: "a documented media type",
		}}
	}
	var list []Violation
	for _, f := range schemaFindings(e.Err) {
		list = append(list, Violation{Place: place, Rule: schema, Found: f.found, Expected: f.expected})
	}
	return list
}

// closest returns what the request lacks for the alternative that it misses by the fewest
// keys. kin-openapi stops at the first key of each.
func (j *requestJudgement) closest(alternatives openapi3.SecurityRequirements) []Violation {
	var best []Violation
	for i, alternative := range alternatives {
		var wrong []Violation
		for name := range alternative {
			ref := j.input.Route.Spec.Components.SecuritySchemes[name]
			if v := judgeKey(ref.Value, j.input); v != nil {
				wrong = append(wrong, *v)
			}
		}
		slices.SortFunc(wrong, func(a, b Violation) int { return strings.Compare(a.Place, b.Place) })
		if i == 0 || len(wrong) < len(best) {
			best = wrong
		}
	}
	return best
}

func (in *inspected) found(place string, rule Rule, found, expected string) {
	op := noOperation
	if in.op != nil {
		op = in.op.id
	}
	in.violations = append(in.violations, Violation{op, place, rule, found, expected})
}

// breaks reports whether the request breaks a rule for which a server must refuse it, and
// which. The specification defines the required parameters and keys and their form. Only
// the servers of this project promise to refuse repeated headers and undocumented bodies,
// and no server promises to refuse an undocumented query.
func (in *inspected) breaks(strict bool) (Rule, bool) {
	for _, v := range in.violations {
		switch v.Rule {
		case RuleHeaderMissing, RuleHeaderEmpty, RuleHeaderSchema, RuleKeyMissing, RuleKeyEmpty,
			RulePathParameter, RuleQueryParameter, RuleCookie, RuleRequestContent:
			return v.Rule, true
		case RuleHeaderRepeated, RuleKeyRepeated, RuleRequestBody:
			if strict {
				return v.Rule, true
			}
		}
	}
	return "", false
}

// inspectSent judges a request by everything that applies to clients.
func (c *Checker) inspectSent(r *http.Request) inspected {
	in := c.inspect(r, r.Body != nil && r.Body != http.NoBody)
	for _, rule := range c.rules.sent {
		rule.judge(&requestJudgement{inspected: &in, c: c, sent: r})
	}
	return in
}

func parameterPlace(p *openapi3.Parameter) string {
	if p.In == openapi3.ParameterInHeader || p.In == openapi3.ParameterInCookie {
		return "request " + p.In + " " + p.Name
	}
	return "request " + p.In + " parameter " + p.Name
}

// parameterRules are the rules that a missing and a wrong parameter break, by its place.
var parameterRules = map[string][2]Rule{
	openapi3.ParameterInHeader: {RuleHeaderMissing, RuleHeaderSchema},
	openapi3.ParameterInCookie: {RuleCookie, RuleCookie},
	openapi3.ParameterInQuery:  {RuleQueryParameter, RuleQueryParameter},
	openapi3.ParameterInPath:   {RulePathParameter, RulePathParameter},
}

// canonicalHeader returns a header with canonical names and values without surrounding
// white space: net/http sends a name that is not canonical as it is, and every server
// takes it for the same header.
func canonicalHeader(h http.Header) http.Header {
	canonical := http.Header{}
	for name, values := range h {
		name = textproto.CanonicalMIMEHeaderKey(name)
		for _, value := range values {
			canonical[name] = append(canonical[name], textproto.TrimString(value))
		}
	}
	return canonical
}

func methods(operations []*operation) []string {
	var list []string
	for _, o := range operations {
		list = append(list, o.method)
	}
	return list
}

// methodName returns a method for printing. Unknown ones are not printed, because they may
// contain anything.
func methodName(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return m
	}
	return "another method"
}

func count(n int) string { return fmt.Sprintf("%d values", n) }
