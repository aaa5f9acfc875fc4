package contract

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// routed is what the path and the method of a request belong to.
type routed struct {
	op     *operation        // nil if there is none
	onPath []*operation      // the operations of the path, op included
	params map[string]string // path parameters of op, still escaped
	why    string            // what is wrong with the path if onPath is empty
}

// A pathRule overrules kin-openapi's router, which finds an operation for paths that name
// another resource or none.
type pathRule struct {
	name, why, found string
	// broken judges an escaped path without the base path. template is that of the
	// operation found, or "".
	broken func(path, template string) bool
}

var pathRules = []pathRule{
	{"dot-segment", "clients and proxies resolve it, even if escaped; the router takes it for an id", "a path with a dot segment",
		func(path, _ string) bool { return hasDotSegment(path) }},
	{"empty-segment", "the router takes it for an id without characters", "a path with an empty segment",
		func(path, _ string) bool { return strings.Contains(path, "//") }},
	{"trailing-slash", "the router drops it, but such a path is another one", "a path that ends with a slash",
		func(path, template string) bool {
			return strings.HasSuffix(path, "/") != strings.HasSuffix(template, "/")
		}},
	{"missing-segment", "the router finds an operation on an id although the path ends before it", "another path",
		func(path, template string) bool { return strings.Count(path, "/") != strings.Count(template, "/") }},
}

// route finds the operation of a request below each of the base paths.
//
// The router gets the escaped path, because it would take an escaped slash in an id for
// the end of a segment. It gets a path and no URL, because it matches no request whose
// URL has no host, as a server receives it.
func (c *Checker) route(method string, u *url.URL) routed {
	none := routed{why: "a path outside " + strings.Join(c.basePaths, "/ and ") + "/"}
	for _, base := range c.basePaths {
		path, ok := strings.CutPrefix(u.EscapedPath(), base)
		if !ok || !strings.HasPrefix(path, "/") {
			continue
		}
		found := c.routeBelow(base, method, path)
		if len(found.onPath) > 0 {
			return found
		}
		none = found
	}
	return none
}

func (c *Checker) routeBelow(base, method, path string) routed {
	found := routed{why: "another path"}
	for _, m := range c.doc.methods {
		template := ""
		route, params, err := c.doc.router.FindRoute(&http.Request{Method: m, URL: &url.URL{Path: path}})
		if err == nil {
			template = route.Path
		}
		broken := slices.IndexFunc(c.rules.path, func(r pathRule) bool { return r.broken(path, template) })
		switch {
		case broken >= 0:
			found.why = c.rules.path[broken].found
		case err == nil:
			if op := c.doc.find(m, template); op != nil && slices.Contains(c.basePathsOf(op), base) {
				found.onPath = append(found.onPath, op)
				if m == method {
					found.op, found.params = op, params
				}
			}
		}
	}
	return found
}

func (d *document) find(method, template string) *operation {
	for _, o := range d.operations {
		if o.method == method && o.template == template {
			return o
		}
	}
	return nil
}

// templates lists the paths of all operations, for people.
func (c *Checker) templates() string {
	var list []string
	for _, o := range c.doc.operations {
		for _, base := range c.basePathsOf(o) {
			if path := base + o.template; !slices.Contains(list, path) {
				list = append(list, path)
			}
		}
	}
	return orList(list)
}
