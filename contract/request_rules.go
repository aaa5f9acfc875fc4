package contract

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// A ruleSet is every rule that a Checker applies besides kin-openapi. Tests leave rules
// out, to see what kin-openapi makes of an exchange alone.
type ruleSet struct {
	path                     []pathRule
	request, url, sent       []rule[*requestJudgement]
	response, body, promises []rule[*judgement]
}

var allRules = ruleSet{pathRules, requestRules, urlRules, sentRules, responseRules, bodyRules, promises}

// A rule judges what kin-openapi is silent about or wrong about. J is a *requestJudgement or
// a *judgement.
type rule[J any] struct {
	name, why string
	judge     func(J)
}

// requestRules apply to requests of an operation, before kin-openapi is asked: its findings
// at a place where a rule has found something are dropped.
var requestRules = []rule[*requestJudgement]{
	{"unescape-path-parameters", "kin-openapi validates the escaped text, in which é has six characters",
		(*requestJudgement).unescapeParameters},
	{"repeated-header", "kin-openapi looks at the first value, and servers may use another one",
		(*requestJudgement).repeatedHeaders},
	{"empty-header", "kin-openapi takes an empty value for a text; a server sees no value",
		(*requestJudgement).emptyHeaders},
	{"repeated-query-parameter", "kin-openapi looks at the first value, and servers may use another one",
		(*requestJudgement).repeatedQuery},
	{"undocumented-query", "kin-openapi does not look at parameters that are not documented",
		(*requestJudgement).undocumentedQuery},
	{"undocumented-body", "kin-openapi does not see a body without a declared length",
		(*requestJudgement).undocumentedBody},
}

// urlRules apply to every request.
var urlRules = []rule[*requestJudgement]{
	{"key-elsewhere", "a key in the URL or another header gets into logs and to other hosts; no document forbids it",
		(*requestJudgement).keysElsewhere},
}

// sentRules are about what only clients do.
var sentRules = []rule[*requestJudgement]{
	{"redirect-followed", "a redirect takes the keys to another address; no document forbids it",
		(*requestJudgement).redirected},
	{"repeated-header-elsewhere", "a client that adds a header twice does so to every request; servers ignore it where it is not documented",
		(*requestJudgement).repeatedElsewhere},
	{"hint-at-order", "clients add their keys last, so a check in middleware comes too early",
		(*requestJudgement).hintAtOrder},
	{"plaintext", "kin-openapi compares schemes with the document's servers, which tests replace",
		(*requestJudgement).plaintext},
}

func (j *requestJudgement) redirected() {
	if j.sent.Response != nil {
		j.found("request", RuleRedirected, "a request caused by a redirect", "redirects not followed")
	}
}

func (j *requestJudgement) plaintext() {
	if u := j.sent.URL; u.Scheme != "https" && !wire.IsLoopback(u.Hostname()) {
		j.found("request URL", RulePlaintext, "a scheme other than https", "https, or http to loopback")
	}
}

func (j *requestJudgement) unescapeParameters() {
	for _, name := range slices.Sorted(maps.Keys(j.params)) {
		value, err := url.PathUnescape(j.params[name])
		if err != nil {
			j.found("request path parameter "+name, RulePathParameter, "a bad percent-encoding", "a percent-encoded value")
		}
		j.input.PathParams[name] = value
	}
}

func (j *requestJudgement) repeatedHeaders() {
	j.eachScalar(openapi3.ParameterInHeader, func(place string, values []string) {
		if len(values) > 1 {
			j.found(place, RuleHeaderRepeated, count(len(values)), "one value")
		}
	})
}

func (j *requestJudgement) repeatedElsewhere() {
	if j.op == nil {
		return
	}
	own := j.parametersIn(openapi3.ParameterInHeader)
	header := canonicalHeader(j.sent.Header)
	for _, name := range j.c.doc.headers {
		documented := slices.ContainsFunc(own, func(p *openapi3.Parameter) bool { return strings.EqualFold(p.Name, name) })
		if n := len(header.Values(name)); n > 1 && !documented {
			j.found("request header "+name, RuleHeaderElsewhere, count(n), "one value or none")
		}
	}
}

func (j *requestJudgement) emptyHeaders() {
	j.eachScalar(openapi3.ParameterInHeader, func(place string, values []string) {
		if len(values) == 1 && values[0] == "" {
			j.found(place, RuleHeaderEmpty, "an empty value", "a value")
		}
	})
}

func (j *requestJudgement) repeatedQuery() {
	j.eachScalar(openapi3.ParameterInQuery, func(place string, values []string) {
		if len(values) > 1 {
			j.found(place, RuleQueryParameter, count(len(values)), "one value")
		}
	})
}

// eachScalar calls f with the values of each parameter that is to have one value.
func (j *requestJudgement) eachScalar(in string, f func(place string, values []string)) {
	for _, p := range j.parametersIn(in) {
		values := j.input.QueryParams[p.Name]
		if in == openapi3.ParameterInHeader {
			values = j.input.Request.Header.Values(p.Name)
		}
		if !hasType(p, openapi3.TypeArray) && !hasType(p, openapi3.TypeObject) {
			f(parameterPlace(p), values)
		}
	}
}

func (j *requestJudgement) undocumentedQuery() {
	documented := j.parametersIn(openapi3.ParameterInQuery)
	if len(documented)+len(j.c.doc.keysInQuery) == 0 {
		if j.sent.URL.RawQuery != "" || j.sent.URL.ForceQuery {
			j.found("request query", RuleQuery, "a query", "none")
		}
		return
	}
	if _, err := url.ParseQuery(j.sent.URL.RawQuery); err != nil {
		j.found("request query", RuleQuery, "a malformed query", "name=value pairs, percent-encoded")
		return
	}
	for name := range j.input.QueryParams {
		known := func(p *openapi3.Parameter) bool { return name == p.Name || hasType(p, openapi3.TypeObject) } // an object spreads over other names
		if !slices.Contains(j.c.doc.keysInQuery, name) && !slices.ContainsFunc(documented, known) {
			j.found("request query", RuleQuery, "an undocumented parameter", "documented parameters only")
			return
		}
	}
}

func (j *requestJudgement) undocumentedBody() {
	if j.hasBody && j.op.route.Operation.RequestBody == nil {
		j.found("request body", RuleRequestBody, "a body", "none")
	}
}

func (j *requestJudgement) keysElsewhere() {
	const expected = "keys in their own headers only"
	u := j.sent.URL
	query, err := url.QueryUnescape(u.RawQuery)
	if err != nil {
		query = u.RawQuery
	}
	for _, key := range j.keys {
		if strings.Contains(u.Path, key) || strings.Contains(query, key) {
			j.found("request URL", RuleKeyLeaked, "a key", expected)
		}
		for name, values := range j.sent.Header {
			own := slices.Contains(j.c.doc.keyHeaders, http.CanonicalHeaderKey(name))
			if !own && slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, key) }) {
				j.found("another request header", RuleKeyLeaked, "a key", expected)
			}
		}
	}
	if u.User != nil {
		j.found("request URL", RuleKeyLeaked, "user information", "none")
	}
}

// hintAtOrder adds a hint if a request has no key at all.
func (j *requestJudgement) hintAtOrder() {
	for name := range j.sent.Header {
		if slices.Contains(j.c.doc.keyHeaders, http.CanonicalHeaderKey(name)) {
			return
		}
	}
	for i := range j.violations {
		if v := &j.violations[i]; v.Rule == RuleKeyMissing {
			v.Expected += "; if the client adds its keys later, check in the transport of its http.Client, not in middleware"
		}
	}
}

func (j *requestJudgement) parametersIn(in string) (list []*openapi3.Parameter) {
	for _, ref := range j.op.route.Operation.Parameters {
		if ref.Value.In == in {
			list = append(list, ref.Value)
		}
	}
	return list
}

func hasType(p *openapi3.Parameter, name string) bool {
	return p.Schema != nil && p.Schema.Value != nil && p.Schema.Value.Type.Includes(name)
}

// judgeKey says what is wrong with the key of a security scheme, of which exactly one value
// is wanted. kin-openapi leaves keys to its caller, and calls this for each of them.
func judgeKey(scheme *openapi3.SecurityScheme, input *openapi3filter.RequestValidationInput) *Violation {
	place, values := "request header authorization", input.Request.Header.Values("Authorization")
	switch {
	case scheme.Type == "mutualTLS":
		return nil // not in the request
	case scheme.Type == "apiKey" && scheme.In == openapi3.ParameterInQuery:
		place, values = "request query parameter "+scheme.Name, input.QueryParams[scheme.Name]
	case scheme.Type == "apiKey" && scheme.In == openapi3.ParameterInCookie:
		place, values = "request cookie "+scheme.Name, nil
		for _, cookie := range input.Request.CookiesNamed(scheme.Name) {
			values = append(values, cookie.Value)
		}
	case scheme.Type == "apiKey":
		place, values = "request header "+strings.ToLower(scheme.Name), input.Request.Header.Values(scheme.Name)
	}
	switch {
	case len(values) == 0:
		return &Violation{Place: place, Rule: RuleKeyMissing, Found: "no " + strings.Fields(place)[1], Expected: "one value"}
	case len(values) > 1:
		return &Violation{Place: place, Rule: RuleKeyRepeated, Found: count(len(values)), Expected: "one value"}
	case values[0] == "":
		return &Violation{Place: place, Rule: RuleKeyEmpty, Found: "an empty value", Expected: "a value"}
	case scheme.Type == "http" && !strings.HasPrefix(strings.ToLower(values[0]), strings.ToLower(scheme.Scheme)+" "):
		return &Violation{Place: place, Rule: RuleKeyMissing, Found: "credentials of another scheme", Expected: "scheme " + scheme.Scheme}
	}
	return nil
}

// addKeys notes where the security schemes put keys.
func (d *document) addKeys(schemes openapi3.SecuritySchemes) {
	for _, ref := range schemes {
		switch scheme := ref.Value; {
		case scheme.Type != "apiKey" && scheme.Type != "mutualTLS":
			d.keyHeaders = append(d.keyHeaders, "Authorization")
		case scheme.In == openapi3.ParameterInHeader:
			d.keyHeaders = append(d.keyHeaders, http.CanonicalHeaderKey(scheme.Name))
		case scheme.In == openapi3.ParameterInQuery:
			d.keysInQuery = append(d.keysInQuery, scheme.Name)
		}
	}
	slices.Sort(d.keyHeaders)
	d.keyHeaders = slices.Compact(d.keyHeaders)
}
