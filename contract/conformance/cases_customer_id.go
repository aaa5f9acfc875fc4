package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// idCase asks for customers that do not exist. A Strict target refuses them with one
// of the codes, and names the parameter if it must refuse the id itself.
func idCase(name, why string, ids []string, codes ...string) testCase {
	return testCase{name: name, why: why, run: func(ctx context.Context, s *session) error {
		for _, id := range ids {
			r := s.erase(ctx, id)
			s.expectRefusal(r, http.StatusBadRequest, codes...)
			if !slices.Contains(codes, codeCustomerNotFound) {
				s.expectParameter(r, "customer_id")
			}
		}
		return nil
	}}
}

func customerIDCases() []testCase {
	ascii, accented := strings.Repeat("a", 65), strings.Repeat("é", 65)
	return []testCase{
		idCase("id-shortest", "one character is an id",
			[]string{"a"}, codeCustomerNotFound),
		idCase("id-longest", "64 characters are an id: a limit that is off by one turns away real customers",
			[]string{ascii[1:]}, codeCustomerNotFound),
		idCase("id-too-long", "65 characters are none, and nothing longer must reach a database",
			[]string{ascii, strings.Repeat(ascii, 10)}, codeInvalidParam),
		idCase("id-unicode", "an id is characters, not bytes: 64 of them may take 128 or more bytes",
			[]string{"клиент-ü-客", accented[len("é"):]}, codeCustomerNotFound),
		idCase("id-unicode-too-long", "65 characters are too many in every script",
			[]string{accented}, codeInvalidParam),
		idCase("id-quotes", "an id is data: what a database or a template would read as code must just not be found",
			[]string{"' OR '1'='1", `" OR ""="`, "') OR 1=1 --", "<script>", "${x}", "a b", "a+b", "%25", "100%", "*"}, codeCustomerNotFound),
		// Legal by their schema, and refused as such by the careful.
		idCase("id-encoded-slash", "a slash in an id must not become a path: the next hop would reach another resource",
			[]string{"a/b", "../payments", `a\b`}, codeInvalidParam, codeCustomerNotFound),
		idCase("id-separators", "what ends a path or a parameter in a URL must not do so after decoding: the next hop would reach another customer",
			[]string{"a?b", "a#b", "a;b", "..;", `"; DROP TABLE customers; --`}, codeInvalidParam, codeCustomerNotFound),
		idCase("id-unseen-characters", "two ids that look the same on every screen are mistaken for one another",
			[]string{"a\u200bb", "\ufeffa", "\u202ea", "a\u2028b"}, codeInvalidParam, codeCustomerNotFound),
		idCase("id-control-characters", "a line break or NUL in an id forges log lines and cuts strings short further down",
			[]string{"a\x00b", "a\nb", "a\x7fb"}, codeInvalidParam, codeCustomerNotFound),
	}
}
