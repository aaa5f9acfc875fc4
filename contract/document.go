package contract

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/yuno-community/yuno-customers/openapi"
)

// document is a contract as kin-openapi understands it, with what the rules need besides.
// It is not changed after loading, except for the counters.
type document struct {
	spec       *openapi3.T
	router     routers.Router
	operations []*operation    // by path and method
	methods    []string        // of the operations
	basePaths  []string        // of the operations, the first server's first
	words      map[string]bool // keys of objects that may be printed
	errorBody  *response       // with components.schemas.Error as JSON; nil if there is none

	keyHeaders, keysInQuery []string // where the security schemes put keys
	headers                 []string // that any operation of the document has as a parameter, sorted
}

type operation struct {
	id        string
	method    string
	template  string // as in the document, without the base path
	basePaths []string
	route     *routers.Route // its operation has the parameters of the path item too
	responses map[string]*response
	statuses  string // keys of responses, for people
}

// response is one documented response: a status, a range such as "4XX", or "default".
type response struct {
	key     string
	content openapi3.Content
	types   []string // of content
	body    *routers.Route
	headers map[string]*routers.Route
	seen    atomic.Int64
}

// parsed is a valid OpenAPI document. Nothing changes it, so Checkers share it.
type parsed struct {
	spec    *openapi3.T // without servers: the router gets paths without the base path, see Checker.route
	servers openapi3.Servers
	router  routers.Router
}

// The contract is parsed once per process, because that takes longer than judging many
// exchanges, and tests make a Checker each.
var (
	parseOverlaid = sync.OnceValues(func() (*parsed, error) { return parse(openapi.Overlaid()) })
	parseStrict   = sync.OnceValues(func() (*parsed, error) { return parse(openapi.Strict()) })
)

// parse returns the document to judge by.
func (cfg *config) parse() (*parsed, error) {
	switch {
	case cfg.document != nil:
		return parse(cfg.document)
	case cfg.strict:
		return parseStrict()
	default:
		return parseOverlaid()
	}
}

// parse reads and validates an OpenAPI document. Examples and defaults are not validated,
// because nothing is judged by them.
func parse(data []byte) (*parsed, error) {
	spec, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("contract: reading document: %w", err)
	}
	router, err := legacy.NewRouter(spec, openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaDefaultsValidation(), openapi3.SetRegexCompiler(compileRegexp))
	if err != nil {
		return nil, fmt.Errorf("contract: document is invalid: %w", err)
	}
	p := &parsed{spec: spec, servers: spec.Servers, router: router}
	spec.Servers = nil
	return p, nil
}

// load keeps the operations with the given ids, or all if there are none.
func load(p *parsed, ids ...string) (*document, error) {
	d := &document{spec: p.spec, router: p.router, words: map[string]bool{}}
	for _, w := range harmlessWords {
		d.words[w] = true
	}
	if err := d.addOperations(p.servers, ids); err != nil {
		return nil, err
	}
	if len(d.operations) == 0 {
		return nil, errors.New("contract: document has no operation")
	}
	if components := p.spec.Components; components != nil {
		d.addKeys(components.SecuritySchemes)
		if ref := components.Schemas["Error"]; ref != nil {
			d.errorBody = d.response("error", &openapi3.Response{Content: openapi3.NewContentWithJSONSchemaRef(ref)})
		}
	}
	return d, p.spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		if ref.Value != nil {
			for name := range ref.Value.Properties {
				d.words[name] = true
			}
		}
		return nil
	})
}

// addHeader notes a header with one value.
func (d *document) addHeader(p *openapi3.Parameter) {
	if p.In == openapi3.ParameterInHeader && !hasType(p, openapi3.TypeArray) && !slices.Contains(d.headers, p.Name) {
		d.headers = append(d.headers, p.Name)
		slices.Sort(d.headers)
	}
}

func (d *document) addOperations(ofDocument openapi3.Servers, ids []string) error {
	if _, err := d.serverPaths(ofDocument); err != nil { // for the order of basePaths
		return err
	}
	for template, item := range d.spec.Paths.Map() {
		for method, spec := range item.Operations() {
			for _, ref := range slices.Concat(item.Parameters, spec.Parameters) {
				d.addHeader(ref.Value)
			}
			if len(ids) > 0 && !slices.Contains(ids, spec.OperationID) {
				continue
			}
			servers := ofDocument
			if len(item.Servers) > 0 {
				servers = item.Servers
			}
			if spec.Servers != nil && len(*spec.Servers) > 0 {
				servers = *spec.Servers
			}
			basePaths, err := d.serverPaths(servers)
			if err != nil {
				return err
			}
			d.operations = append(d.operations, d.operation(template, method, item, spec, basePaths))
			if !slices.Contains(d.methods, method) {
				d.methods = append(d.methods, method)
			}
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(d.operations, func(o *operation) bool { return o.id == id }) {
			return fmt.Errorf("contract: document has no operation %q", id)
		}
	}
	slices.SortFunc(d.operations, func(a, b *operation) int {
		return strings.Compare(a.template+" "+a.method, b.template+" "+b.method)
	})
	slices.Sort(d.methods)
	return nil
}

func (d *document) operation(template, method string, item *openapi3.PathItem, spec *openapi3.Operation, basePaths []string) *operation {
	merged := *spec
	merged.Parameters = slices.Clone(spec.Parameters)
	for _, p := range item.Parameters {
		if spec.Parameters.GetByInAndName(p.Value.In, p.Value.Name) == nil {
			merged.Parameters = append(merged.Parameters, p)
		}
	}
	o := &operation{
		id: spec.OperationID, method: method, template: template, basePaths: basePaths,
		route:     &routers.Route{Spec: d.spec, PathItem: &openapi3.PathItem{}, Operation: &merged},
		responses: map[string]*response{},
	}
	if o.id == "" {
		o.id = method + " " + template
	}
	for key, ref := range spec.Responses.Map() {
		o.responses[key] = d.response(key, ref.Value)
	}
	o.statuses = orList(slices.Sorted(maps.Keys(o.responses)))
	return o
}

// response returns routes to one part of the response each, so that the part of which
// kin-openapi complains is known without reading its text.
func (d *document) response(key string, spec *openapi3.Response) *response {
	only := func(part *openapi3.Response) *routers.Route {
		return &routers.Route{Spec: d.spec, Operation: &openapi3.Operation{
			Responses: openapi3.NewResponses(openapi3.WithName("default", part)),
		}}
	}
	r := &response{
		key: key, content: spec.Content, types: slices.Sorted(maps.Keys(spec.Content)),
		body: only(&openapi3.Response{Content: spec.Content}), headers: map[string]*routers.Route{},
	}
	for name, ref := range spec.Headers {
		if !strings.EqualFold(name, "Content-Type") { // ignored, by the OpenAPI specification
			r.headers[name] = only(&openapi3.Response{Headers: openapi3.Headers{name: ref}})
		}
	}
	return r
}

// documented returns the response that is documented for a status: its own, else that of
// its range, else the default.
func (o *operation) documented(status int) *response {
	for _, key := range []string{fmt.Sprint(status), fmt.Sprintf("%dXX", status/100), "default"} {
		if r := o.responses[key]; r != nil {
			return r
		}
	}
	return nil
}

// serverPaths returns the base paths of servers, and adds them to d.basePaths.
func (d *document) serverPaths(servers openapi3.Servers) ([]string, error) {
	var paths []string
	for _, s := range servers {
		urls := []string{s.URL}
		for name, v := range s.Variables {
			urls = expand(urls, "{"+name+"}", v)
		}
		for _, text := range urls {
			u, err := url.Parse(text)
			if err != nil {
				return nil, fmt.Errorf("contract: server URL: %w", err)
			}
			paths = append(paths, strings.TrimSuffix(u.EscapedPath(), "/"))
		}
	}
	if len(servers) == 0 {
		paths = []string{""}
	}
	for _, path := range paths {
		if !slices.Contains(d.basePaths, path) {
			d.basePaths = append(d.basePaths, path)
		}
	}
	return paths, nil
}

// expand replaces a server variable by each of its values.
func expand(urls []string, variable string, v *openapi3.ServerVariable) []string {
	values := v.Enum
	if len(values) == 0 {
		values = []string{v.Default}
	}
	var list []string
	for _, u := range urls {
		for _, value := range values {
			list = append(list, strings.ReplaceAll(u, variable, value))
		}
	}
	return list
}

// compileRegexp compiles a pattern of the document. One that Go does not know, such as
// a look-ahead, matches every text.
func compileRegexp(expr string) (openapi3.RegexMatcher, error) {
	if re, err := regexp.Compile(expr); err == nil {
		return re, nil
	}
	return regexp.MustCompile(""), nil
}

// harmlessWords are common keys of error bodies. They may be printed, as may the keys of
// the document; any other key may be personal data.
var harmlessWords = []string{
	"code", "message", "messages", "detail", "details", "error", "errors", "type",
	"title", "status", "instance", "data", "reason", "path", "timestamp", "trace",
	"request_id", "requestId",
}

// orList writes "1, 2 or 3".
func orList[T any](items []T) string {
	var b strings.Builder
	for i, item := range items {
		switch {
		case i == 0:
		case i == len(items)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, item)
	}
	return b.String()
}
