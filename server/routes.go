package server

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/api"
)

// routes are the paths of the contract, most specific first: a literal segment before
// a parameter in the same place.
type routes []*route

// route is a path of the contract with its methods.
type route struct {
	template string // such as /v1/customers/{customer_id}
	segments []string
	methods  map[string]method
	allow    string // all methods, for the Allow header
}

// method is one operation of a route.
type method struct {
	parse  http.HandlerFunc // generated; see request
	others string           // the other methods of the route, for the Allow header
}

// newRoutes returns the routes that the generated code registers: every path, with the
// methods of the named operations or, without names, with all. A path without any is one
// of the contract and gets a 405, because clients take a 404 for an unknown customer.
func newRoutes(basePath string, served ...string) routes {
	c := collector{}
	api.HandlerWithOptions(operations{}, api.StdHTTPServerOptions{
		BaseURL:          basePath,
		BaseRouter:       c,
		ErrorHandlerFunc: notParsed,
	})
	for template, handlers := range c {
		maps.DeleteFunc(handlers, func(name string, _ http.HandlerFunc) bool {
			return len(served) > 0 && !slices.Contains(served, name+" "+strings.TrimPrefix(template, basePath))
		})
	}
	return c.routes()
}

// names returns the operations of all routes as WithOperations takes them, sorted.
func (rs routes) names() []string {
	var names []string
	for _, rt := range rs {
		for method := range rt.methods {
			names = append(names, method+" "+rt.template)
		}
	}
	slices.Sort(names)
	return names
}

func (c collector) routes() routes {
	var all routes
	for template, handlers := range c {
		all = append(all, newRoute(template, handlers))
	}
	// An opening brace sorts after every letter.
	slices.SortFunc(all, func(a, b *route) int { return cmp.Compare(a.template, b.template) })
	return all
}

func newRoute(template string, handlers map[string]http.HandlerFunc) *route {
	var names []string
	for name := range handlers {
		names = append(names, name)
	}
	slices.Sort(names)
	rt := &route{template: template, segments: segmentsOf(template), methods: map[string]method{}, allow: strings.Join(names, ", ")}
	for name, handler := range handlers {
		others := slices.DeleteFunc(slices.Clone(names), func(other string) bool { return other == name })
		rt.methods[name] = method{parse: handler, others: strings.Join(others, ", ")}
	}
	return rt
}

// collector keeps what the generated code registers, by path and method. It takes the
// place of a http.ServeMux, which cleans paths before it matches them and redirects.
type collector map[string]map[string]http.HandlerFunc

var _ api.ServeMux = collector{}

func (c collector) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	name, template, _ := strings.Cut(pattern, " ")
	if c[template] == nil {
		c[template] = map[string]http.HandlerFunc{}
	}
	c[template][name] = handler
}

// ServeHTTP completes api.ServeMux. Nothing calls it.
func (collector) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// match returns the route of a path, or nil.
//
// It looks at the path as sent, and never redirects. A mux that cleans the path first
// would serve /v1/customers/x/../y as a request about customer y.
func (rs routes) match(u *url.URL) *route {
	path := u.EscapedPath()
	for _, rt := range rs {
		if rt.matches(path) {
			return rt
		}
	}
	return nil
}

// nameOf returns the name of a method that the route has, or "".
func (rt *route) nameOf(method string) string {
	if _, ok := rt.methods[method]; !ok {
		return ""
	}
	return method
}

func (rt *route) matches(path string) bool {
	for _, want := range rt.segments {
		segment, rest, ok := cutSegment(path)
		if !ok {
			return false
		}
		path = rest
		if isParameter(want) {
			if _, ok := parameterValue(segment); !ok {
				return false
			}
		} else if segment != want {
			return false
		}
	}
	return path == ""
}

// setPathValues sets the parameters of a path that matches, decoded once. The generated
// code reads them with [http.Request.PathValue].
func (rt *route) setPathValues(r *http.Request) {
	path := r.URL.EscapedPath()
	for _, want := range rt.segments {
		segment, rest, _ := cutSegment(path)
		path = rest
		if isParameter(want) {
			value, _ := parameterValue(segment)
			r.SetPathValue(want[1:len(want)-1], value)
		}
	}
}

func segmentsOf(template string) []string {
	return strings.Split(strings.TrimPrefix(template, "/"), "/")
}

func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }

// cutSegment returns the first segment of a path and what follows it.
func cutSegment(path string) (segment, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:], ok
	}
	return path, "", ok
}

// parameterValue decodes the segment of a path parameter. It reports false if no
// parameter has that value.
func parameterValue(segment string) (value string, ok bool) {
	value, err := url.PathUnescape(segment)
	if err != nil || value == "" {
		return "", false
	}
	// Percent-encoding a dot changes nothing (RFC 3986, section 6.2.2.2): these are
	// dot segments, which name this path's parent or the collection.
	return value, value != "." && value != ".."
}
