package conformance

import (
	"context"
	"net/http"
)

// A wrongPath is a set of paths close to the documented one. A strict target refuses each
// with 404 NOT_FOUND and never redirects: a client that follows a redirect sends its keys,
// and a DELETE, to another address.
type wrongPath struct {
	name, why string
	paths     func(id string) []string // with an escaped id

	// collection allows a 405, too: the path may belong to another operation.
	collection bool
}

const (
	whyLostID    = "a request that lost its id must not reach all customers, and must not be redirected"
	whyOtherPath = "only one path is documented: a second one evades whatever guards the first"
)

var wrongPaths = []wrongPath{
	{name: "path-unknown", why: "an unknown path gets a JSON error, like every other error",
		paths: func(string) []string { return []string{"/nothing", "/", ""} }},
	{name: "path-collection", why: whyLostID,
		paths: func(string) []string { return []string{"/customers", "/customers/"} }, collection: true},
	{name: "path-trailing-slash", why: whyOtherPath,
		paths: func(id string) []string { return []string{"/customers/" + id + "/"} }},
	{name: "path-double-slash", why: "proxies and routers clean up such paths, by a redirect or by serving them",
		paths: func(id string) []string {
			return []string{"//customers/" + id, "/customers//" + id, "/customers/" + id + "//"}
		}},
	{name: "path-dot-segments", why: "a dot segment resolves to another resource, and a redirect sends the keys there",
		paths: func(id string) []string {
			return []string{"/customers/.", "/customers/..", "/customers/./" + id, "/customers/x/../" + id}
		}},
	{name: "path-encoded-dot-segments", why: "parsers that follow the WHATWG URL standard treat encoded dots as dot segments",
		paths: func(id string) []string {
			return []string{"/customers/%2e", "/customers/%2e%2e", "/customers/%2E.", "/customers/%2e%2e/customers/" + id}
		}},
	{name: "path-extra-segment", why: whyOtherPath,
		paths: func(id string) []string { return []string{"/customers/" + id + "/x", "/x/customers/" + id} }},
	{name: "path-case", why: "paths are case-sensitive (RFC 3986 section 6.2.2.1)",
		paths: func(id string) []string { return []string{"/Customers/" + id, "/CUSTOMERS/" + id} }},
}

func pathCases() []testCase {
	var cases []testCase
	for _, w := range wrongPaths {
		cases = append(cases, testCase{
			name: w.name, why: w.why, needs: needsStrict,
			run: onRefusalTarget(func(ctx context.Context, s *session, id string) {
				for _, path := range w.paths(escape(id)) {
					resp := s.send(ctx, s.endpoint.http1, path)
					if w.collection && resp.StatusCode == http.StatusMethodNotAllowed {
						s.expectRefusal(resp, http.StatusMethodNotAllowed, codeMethod)
						continue
					}
					s.expectRefusal(resp, http.StatusNotFound, codeNotFound)
				}
			}),
		})
	}
	return cases
}
