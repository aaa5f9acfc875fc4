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
}

const (
	whyLostID    = "a request that lost its id must not reach all customers, and must not be redirected"
	whyOtherPath = "only one path is documented: a second one evades whatever guards the first"
)

var wrongPaths = []wrongPath{
	{"path-unknown", "an unknown path gets a JSON error, like every other error",
		func(string) []string { return []string{"/nothing", "/", ""} }},
	{"path-collection", whyLostID,
		func(string) []string { return []string{"/customers", "/customers/"} }},
	{"path-trailing-slash", whyOtherPath,
		func(id string) []string { return []string{"/customers/" + id + "/"} }},
	{"path-double-slash", "proxies and routers clean up such paths, by a redirect or by serving them",
		func(id string) []string {
			return []string{"//customers/" + id, "/customers//" + id, "/customers/" + id + "//"}
		}},
	{"path-dot-segments", "a dot segment resolves to another resource, and a redirect sends the keys there",
		func(id string) []string {
			return []string{"/customers/.", "/customers/..", "/customers/./" + id, "/customers/x/../" + id}
		}},
	{"path-encoded-dot-segments", "parsers that follow the WHATWG URL standard treat encoded dots as dot segments",
		func(id string) []string {
			return []string{"/customers/%2e", "/customers/%2e%2e", "/customers/%2E.", "/customers/%2e%2e/customers/" + id}
		}},
	{"path-extra-segment", whyOtherPath,
		func(id string) []string { return []string{"/customers/" + id + "/x", "/x/customers/" + id} }},
	{"path-case", "paths are case-sensitive (RFC 3986 section 6.2.2.1)",
		func(id string) []string { return []string{"/Customers/" + id, "/CUSTOMERS/" + id} }},
}

func pathCases() []testCase {
	var cases []testCase
	for _, w := range wrongPaths {
		cases = append(cases, testCase{
			name: w.name, why: w.why, needs: needsStrict,
			run: onRefusalTarget(func(ctx context.Context, s *session, id string) {
				for _, path := range w.paths(escape(id)) {
					s.expectRefusal(s.send(ctx, s.endpoint.http1, path), http.StatusNotFound, codeNotFound)
				}
			}),
		})
	}
	return cases
}
