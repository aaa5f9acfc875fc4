package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

var wrongMethods = []struct{ name, method string }{
	{"method-get", http.MethodGet},
	{"method-head", http.MethodHead},
	{"method-options", http.MethodOptions},
	{"method-patch", http.MethodPatch},
	{"method-post", http.MethodPost},
	{"method-put", http.MethodPut},
	{"method-unknown", "PURGE"},
	{"method-lower-case", "delete"}, // methods are case-sensitive (RFC 9110 section 9.1)
}

func methodCases() []testCase {
	var cases []testCase
	for _, m := range wrongMethods {
		cases = append(cases, testCase{
			name:  m.name,
			why:   "the method is not documented for the path, and Allow must say which are",
			needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				if s.documents(m.method) {
					return skipError(m.method + " is documented for the path: the target serves it")
				}
				return onRefusalTarget(func(ctx context.Context, s *session, id string) {
					s.expectMethodRefused(s.erase(ctx, id, withMethod(m.method)), m.method)
				})(ctx, s)
			},
		})
	}
	return cases
}

// expectMethodRefused wants a 405 that allows the documented method.
func (s *session) expectMethodRefused(resp response, method string) {
	code := codeMethod
	if method == http.MethodHead { // no body, so no code
		code = ""
	}
	s.expectRefusal(resp, http.StatusMethodNotAllowed, code)
	allowed := splitList(resp.Header.Values("Allow"))
	if resp.StatusCode == http.StatusMethodNotAllowed && !slices.Contains(allowed, operationMethod) {
		s.found("response header Allow", contract.RuleAllow, "a list without the documented method", operationMethod, resp)
	}
}

// splitList splits the values of a header that is a list (RFC 9110 section 5.6.1).
func splitList(values []string) []string {
	var items []string
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			items = append(items, strings.TrimSpace(item))
		}
	}
	return items
}
