package contract

import (
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// minSecret is the length from which a key is searched for in other places. Shorter ones
// occur there by chance.
const minSecret = 8

// inspected is what the checks know about a request. It has no reference to the request,
// because a handler may change it.
type inspected struct {
	op         *operation // the operation of the path; nil if there is none
	method     string
	matched    bool // op is set and the method is its own
	violations []Violation
	keys       []string // values of the key headers, to look for in the response
}

// inspect judges a request by everything that applies to clients and servers.
func (c *Checker) inspect(r *http.Request, hasBody bool) inspected {
	in := inspected{method: r.Method}
	if in.method == "" {
		in.method = http.MethodGet // as net/http sends it
	}
	for _, name := range c.doc.operations[0].keys {
		for _, value := range headerValues(r.Header, name) {
			if len(value) >= minSecret {
				in.keys = append(in.keys, value)
			}
		}
	}
	op, params, why := c.route(in.method, r.URL)
	in.op = op
	switch {
	case op == nil:
		in.found("request path", RulePath, why, c.templates())
	case op.method != in.method:
		in.found("request method", RuleMethod, methodName(in.method), op.method)
	default:
		in.matched = true
	}
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		in.found("request query", RuleQuery, "a query", "none")
	}
	in.keysElsewhere(r, c.doc.operations[0].keys)
	if op == nil {
		return in
	}

	in.pathParameters(op, params)
	for _, p := range op.headers {
		in.header(p, headerValues(r.Header, p.canonical))
	}
	for _, name := range op.keys {
		in.key(name, headerValues(r.Header, name))
	}
	if in.matched && hasBody {
		in.found("request body", RuleRequestBody, "a body", "none")
	}
	return in
}

func (in *inspected) found(place string, rule Rule, found, expected string) {
	op := noOperation
	if in.op != nil && in.op.method == in.method {
		op = in.op.id
	}
	in.violations = append(in.violations, Violation{op, place, rule, found, expected})
}

// breaks reports whether the request breaks a rule for which a server must refuse it, and
// which. The specification defines the required headers and keys and their form. Only the
// servers of this project promise to refuse repeated headers and bodies, and no server
// promises to refuse a query.
func (in *inspected) breaks(strict bool) (Rule, bool) {
	for _, v := range in.violations {
		switch v.Rule {
		case RuleHeaderMissing, RuleHeaderEmpty, RuleHeaderSchema, RuleKeyMissing, RuleKeyEmpty, RulePathParameter:
			return v.Rule, true
		case RuleHeaderRepeated, RuleKeyRepeated, RuleRequestBody:
			if strict {
				return v.Rule, true
			}
		}
	}
	return "", false
}

// route finds the operation of a path, and of the method if several share the path. The
// values of its parameters are still escaped. why says what is wrong if op is nil.
func (c *Checker) route(method string, u *url.URL) (op *operation, params []string, why string) {
	path := u.EscapedPath()
	rest, ok := strings.CutPrefix(path, c.basePath+"/")
	if !ok {
		return nil, nil, "a path outside " + c.basePath + "/"
	}
	for _, o := range c.doc.operations {
		if values, ok := o.match(rest); ok {
			op, params = o, values
			if o.method == method {
				break
			}
		}
	}
	switch {
	case op != nil:
	case hasDotSegment(u.Path):
		why = "a path with a dot segment"
	case strings.Contains(path, "//"):
		why = "a path with an empty segment"
	case strings.HasSuffix(path, "/"):
		why = "a path that ends with a slash"
	default:
		why = "another path"
	}
	return op, params, why
}

// match compares an escaped path, without base path and first slash. An empty
// segment matches no parameter, and neither does a dot segment.
func (o *operation) match(path string) (params []string, ok bool) {
	for i, s := range o.segments {
		text, rest, more := strings.Cut(path, "/")
		if more != (i < len(o.segments)-1) {
			return nil, false
		}
		switch {
		case s.schema != nil && text != "" && !isDotSegment(text):
			params = append(params, text)
		case s.schema == nil && text == s.text:
		default:
			return nil, false
		}
		path = rest
	}
	return params, true
}

// isDotSegment reports whether an escaped segment names another path: percent-encoding a
// dot changes nothing (RFC 3986 section 6.2.2.2), and many proxies resolve both.
func isDotSegment(escaped string) bool {
	if escaped[0] != '.' && escaped[0] != '%' {
		return false
	}
	s, err := url.PathUnescape(escaped)
	return err == nil && (s == "." || s == "..")
}

func (c *Checker) templates() string {
	var list []string
	for _, o := range c.doc.operations {
		list = append(list, c.basePath+o.template)
	}
	return orList(list)
}

// pathParameters judges the unescaped values: a length counts characters, not
// what it takes to write them in a URL.
func (in *inspected) pathParameters(op *operation, params []string) {
	for _, s := range op.segments {
		if s.schema == nil {
			continue
		}
		escaped := params[0]
		params = params[1:]
		place := "request path parameter " + s.text
		value, err := url.PathUnescape(escaped)
		if err != nil {
			in.found(place, RulePathParameter, "a bad percent-encoding", "a percent-encoded value")
			continue
		}
		in.schema(place, RulePathParameter, s.schema, value)
	}
}

func (in *inspected) header(p headerParameter, values []string) {
	place := "request header " + p.name
	switch {
	case len(values) == 0:
		if p.required {
			in.found(place, RuleHeaderMissing, "no header", "one value")
		}
	case len(values) > 1:
		in.found(place, RuleHeaderRepeated, fmt.Sprintf("%d values", len(values)), "one value")
	case values[0] == "":
		in.found(place, RuleHeaderEmpty, "an empty value", "a value")
	default:
		in.schema(place, RuleHeaderSchema, p.schema, values[0])
	}
}

func (in *inspected) key(name string, values []string) {
	place := "request header " + strings.ToLower(name)
	switch {
	case len(values) == 0:
		in.found(place, RuleKeyMissing, "no header", "one value")
	case len(values) > 1:
		in.found(place, RuleKeyRepeated, fmt.Sprintf("%d values", len(values)), "one value")
	case values[0] == "":
		in.found(place, RuleKeyEmpty, "an empty value", "a value")
	}
}

func (in *inspected) schema(place string, rule Rule, schema *openapi3.Schema, value any) {
	for _, e := range schemaErrors(schema, value) {
		found, expected := describe(e)
		in.found(place, rule, found, expected)
	}
}

// keysElsewhere looks for the values of the key headers in the URL and in the
// other headers, where logs and other hosts get to see them.
func (in *inspected) keysElsewhere(r *http.Request, names []string) {
	for _, key := range in.keys {
		if strings.Contains(r.URL.Path, key) || strings.Contains(unescape(r.URL.RawQuery), key) {
			in.found("request URL", RuleKeyLeaked, "a key", "keys in their own headers only")
		}
		for name, values := range r.Header {
			if containsFold(names, name) {
				continue
			}
			for _, value := range values {
				if strings.Contains(value, key) {
					in.found("another request header", RuleKeyLeaked, "a key", "keys in their own headers only")
				}
			}
		}
	}
	if r.URL.User != nil {
		in.found("request URL", RuleKeyLeaked, "user information", "none")
	}
}

// inspectSent judges a request by everything that applies to clients.
func (c *Checker) inspectSent(r *http.Request) inspected {
	in := c.inspect(r, r.Body != nil && r.Body != http.NoBody)
	if r.Response != nil {
		in.found("request", RuleRedirected, "a request caused by a redirect", "redirects not followed")
	}
	if in.op != nil {
		in.hintAtOrder()
	}
	if r.URL.Scheme != "https" && !wire.IsLoopback(r.URL.Hostname()) {
		in.found("request URL", RulePlaintext, "a scheme other than https", "https, or http to loopback")
	}
	return in
}

// hintAtOrder adds a hint if a request has no key at all: clients add their keys last, so
// the check may come too early.
func (in *inspected) hintAtOrder() {
	missing := 0
	for _, v := range in.violations {
		if v.Rule == RuleKeyMissing {
			missing++
		}
	}
	if missing < len(in.op.keys) {
		return
	}
	for i := range in.violations {
		if v := &in.violations[i]; v.Rule == RuleKeyMissing {
			v.Expected += "; if the client adds its keys later, check in the transport of its http.Client, not in middleware"
		}
	}
}

// headerValues returns the values of a header under all spellings of its name,
// without surrounding white space: net/http sends a name that is not
// canonical as it is, and every server takes it for the same header.
func headerValues(h http.Header, canonical string) []string {
	var values []string
	for name, vs := range h {
		if len(name) == len(canonical) && strings.EqualFold(name, canonical) {
			for _, v := range vs {
				values = append(values, textproto.TrimString(v))
			}
		}
	}
	return values
}

func containsFold(list []string, s string) bool {
	for _, item := range list {
		if strings.EqualFold(item, s) {
			return true
		}
	}
	return false
}

func unescape(query string) string {
	if s, err := url.QueryUnescape(query); err == nil {
		return s
	}
	return query
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
