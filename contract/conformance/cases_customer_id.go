package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// The ids of these cases belong to no customer, because a part of them is made up. A wrong
// implementation that reads them as SQL, a pattern or a path finds nothing to erase either.
var customerIDCases = []testCase{
	idCase("id-shortest", "one character is a valid id",
		[]string{"~"}, codeCustomerNotFound),
	idCase("id-longest", "64 characters are a valid id: a limit that is off by one rejects real customers",
		[]string{randomID(64)}, codeCustomerNotFound),
	idCase("id-too-long", "65 characters are not a valid id, and nothing longer must reach a database",
		[]string{randomID(65), randomID(650)}, codeInvalidParam),
	idCase("id-unicode-too-long", "65 characters are too many in every script",
		[]string{strings.Repeat("é", 65)}, codeInvalidParam),

	// The schema allows the ids below, but a careful server rejects them.
	idCase("id-unicode", "an id beyond ASCII must be rejected or not found; it must not make the server fail",
		[]string{"клиент-ü-客", strings.Repeat("é", 64)}, codeInvalidParam, codeCustomerNotFound),
	idCase("id-quotes", "an id is data: if a database or a template would read it as code, it must still just be rejected or not found",
		afterUnknown("'", `"`, "' OR '1'='2", `" OR ""="x`, "') OR 1=2 --", "<script>", "${x}", " b", "+b", "%25", "%", "*"), codeInvalidParam, codeCustomerNotFound),
	idCase("id-encoded-slash", "a slash in an id must not split the path: the next hop would reach another resource",
		append(afterUnknown("/b", `\b`), "../"+unknownID()), codeInvalidParam, codeCustomerNotFound),
	idCase("id-separators", "a character that ends a path or a parameter in a URL must not do so after decoding: the next hop would reach another customer",
		append(afterUnknown("?b", "#b", ";b", `"; SELECT 1; --`), "..;"), codeInvalidParam, codeCustomerNotFound),
	idCase("id-unseen-characters", "ids that look the same on a screen are mistaken for each other",
		append(afterUnknown("\u200bb", "\u2028b"), "\ufeff"+unknownID(), "\u202e"+unknownID()), codeInvalidParam, codeCustomerNotFound),
	idCase("id-control-characters", "a line break or NUL in an id forges log lines and truncates strings in other programs",
		afterUnknown("\x00b", "\nb", "\x7fb"), codeInvalidParam, codeCustomerNotFound),
}

// afterUnknown puts texts behind ids that no customer has.
func afterUnknown(texts ...string) []string {
	var ids []string
	for _, text := range texts {
		ids = append(ids, unknownID()+text)
	}
	return ids
}

// randomID returns an id of n letters and digits that no customer has.
func randomID(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(strings.ReplaceAll(unknownID(), "-", ""))
	}
	return b.String()[:n]
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
