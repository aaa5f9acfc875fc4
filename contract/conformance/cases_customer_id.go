package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// The ids of these cases belong to no customer.
var customerIDCases = []testCase{
	idCase("id-shortest", "one character is a valid id",
		[]string{"a"}, codeCustomerNotFound),
	idCase("id-longest", "64 characters are a valid id: a limit that is off by one rejects real customers",
		[]string{strings.Repeat("a", 64)}, codeCustomerNotFound),
	idCase("id-too-long", "65 characters are not a valid id, and nothing longer must reach a database",
		[]string{strings.Repeat("a", 65), strings.Repeat("a", 650)}, codeInvalidParam),
	idCase("id-unicode-too-long", "65 characters are too many in every script",
		[]string{strings.Repeat("é", 65)}, codeInvalidParam),

	// The schema allows the ids below, but a careful server rejects them.
	idCase("id-unicode", "an id beyond ASCII must be rejected or not found; it must not make the server fail",
		[]string{"клиент-ü-客", strings.Repeat("é", 64)}, codeInvalidParam, codeCustomerNotFound),
	idCase("id-quotes", "an id is data: if a database or a template would read it as code, it must still just be rejected or not found",
		[]string{"' OR '1'='1", `" OR ""="`, "') OR 1=1 --", "<script>", "${x}", "a b", "a+b", "%25", "100%", "*"}, codeInvalidParam, codeCustomerNotFound),
	idCase("id-encoded-slash", "a slash in an id must not split the path: the next hop would reach another resource",
		[]string{"a/b", "../payments", `a\b`}, codeInvalidParam, codeCustomerNotFound),
	idCase("id-separators", "a character that ends a path or a parameter in a URL must not do so after decoding: the next hop would reach another customer",
		[]string{"a?b", "a#b", "a;b", "..;", `"; DROP TABLE customers; --`}, codeInvalidParam, codeCustomerNotFound),
	idCase("id-unseen-characters", "ids that look the same on a screen are mistaken for each other",
		[]string{"a\u200bb", "\ufeffa", "\u202ea", "a\u2028b"}, codeInvalidParam, codeCustomerNotFound),
	idCase("id-control-characters", "a line break or NUL in an id forges log lines and truncates strings in other programs",
		[]string{"a\x00b", "a\nb", "a\x7fb"}, codeInvalidParam, codeCustomerNotFound),
}

// idCase asks for customers that do not exist. A strict target refuses them with one of
// the codes, and names the parameter if it must reject the id itself.
func idCase(name, why string, ids []string, codes ...string) testCase {
	return testCase{name: name, why: why, run: func(ctx context.Context, s *session) error {
		for _, id := range ids {
			resp := s.erase(ctx, id)
			s.expectRefusal(resp, http.StatusBadRequest, codes...)
			if !slices.Contains(codes, codeCustomerNotFound) {
				s.expectParameter(resp, customerIDParameter)
			}
		}
		return nil
	}}
}
