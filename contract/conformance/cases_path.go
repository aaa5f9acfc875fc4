package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

// wrongPaths are paths next to the documented one, with a customer's id in them.
// Each is 404 NOT_FOUND for a Strict target, never a redirect: a client that
// follows one sends keys, and a DELETE, where nobody decided to.
func wrongPaths(id string) map[string][]string {
	return map[string][]string{
		"path-unknown":              {"/nothing", "/", ""},
		"path-collection":           {"/customers", "/customers/"},
		"path-trailing-slash":       {"/customers/" + id + "/"},
		"path-double-slash":         {"//customers/" + id, "/customers//" + id, "/customers/" + id + "//"},
		"path-dot-segments":         {"/customers/.", "/customers/..", "/customers/./" + id, "/customers/x/../" + id},
		"path-encoded-dot-segments": {"/customers/%2e", "/customers/%2e%2e", "/customers/%2E.", "/customers/%2e%2e/customers/" + id},
		"path-extra-segment":        {"/customers/" + id + "/x", "/x/customers/" + id},
		"path-case":                 {"/Customers/" + id, "/CUSTOMERS/" + id},
	}
}

func pathCases() []testCase {
	const lost = "an id that got lost on the way must not reach all customers, nor be redirected"
	const other = "only one path is documented: a second one escapes whatever guards the first"
	why := []struct{ name, why string }{
		{"path-unknown", "what is not there is said in JSON, like every other error"},
		{"path-collection", lost},
		{"path-trailing-slash", other},
		{"path-double-slash", "proxies and muxes tidy such paths, by redirecting or by serving them"},
		{"path-dot-segments", "a dot segment resolves to another resource, and a redirect sends the keys there"},
		{"path-encoded-dot-segments", "encoded dots are dot segments for WHATWG URL parsers"},
		{"path-extra-segment", other},
		{"path-case", "paths have case (RFC 3986 section 6.2.2.1)"},
	}
	var cases []testCase
	for _, w := range why {
		cases = append(cases, testCase{
			name: w.name, why: w.why, needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				for _, path := range wrongPaths(escape(id))[w.name] {
					s.expectRefusal(s.send(ctx, s.endpoint.http1, path), http.StatusNotFound, codeNotFound)
				}
				return nil
			},
		})
	}
	for _, m := range wrongMethods {
		cases = append(cases, testCase{
			name:  "method-" + m.name,
			why:   "only DELETE is documented for the path, and Allow must say so",
			needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				r := s.erase(ctx, id, method(m.method))
				if m.method == http.MethodHead { // has no body to hold a code
					s.expectRefusal(r, http.StatusMethodNotAllowed, "")
				} else {
					s.expectRefusal(r, http.StatusMethodNotAllowed, codeMethod)
				}
				if r.StatusCode == http.StatusMethodNotAllowed && !slices.Contains(splitList(r.Header.Values("Allow")), operationMethod) {
					s.found("response header Allow", contract.RuleAllow, "a list without the documented method", operationMethod)
				}
				return nil
			},
		})
	}
	return cases
}

var wrongMethods = []struct{ name, method string }{
	{"get", http.MethodGet},
	{"head", http.MethodHead},
	{"options", http.MethodOptions},
	{"patch", http.MethodPatch},
	{"post", http.MethodPost},
	{"put", http.MethodPut},
	{"unknown", "PURGE"},
	{"lower-case", "delete"}, // methods have case (RFC 9110 section 9.1)
}

// splitList splits header values that are lists (RFC 9110 section 5.6.1).
func splitList(values []string) []string {
	var items []string
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			items = append(items, strings.TrimSpace(item))
		}
	}
	return items
}
