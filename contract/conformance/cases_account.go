package conformance

import (
	"context"
	"net/http"
	"strings"
)

const accountParameter = "x-account-code"

func accountCases() []testCase {
	wrong := func(name, why string, needs need, edits func(code string) []edit, codes ...string) testCase {
		return testCase{
			name: name, why: why, needs: needs | needsSpareUnlessStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				for _, e := range edits(s.target.Credentials.AccountCode) {
					r := s.erase(ctx, id, e)
					s.expectRefusal(r, http.StatusBadRequest, codes...)
					s.expectParameter(r, accountParameter)
				}
				return nil
			},
		}
	}
	return []testCase{
		wrong("account-missing", "the header is required: without it nobody knows whose customer is meant", 0,
			func(string) []edit { return []edit{without(accountHeader)} },
			codeMissingParam, codeInvalidAccount, codeInvalidParam),
		wrong("account-empty", "an unset variable in a client sends an empty header", 0,
			func(string) []edit { return []edit{with(accountHeader, "")} },
			codeMissingParam, codeInvalidAccount, codeInvalidParam),
		wrong("account-repeated", "a proxy may check one of two accounts and the server use the other", needsStrict,
			func(code string) []edit {
				other := unknownID()
				return []edit{with(accountHeader, code, other), with(accountHeader, other, code), with(accountHeader, code, code)}
			},
			codeInvalidParam, codeInvalidAccount),
		wrong("account-malformed", "only the 36-character form is documented: a UUID parser takes more, and two spellings of one account escape comparison", needsStrict,
			func(code string) []edit {
				var edits []edit
				for _, c := range []string{
					"account", "urn:uuid:" + code, "{" + code + "}", strings.ReplaceAll(code, "-", ""),
					code[:len(code)-1], code + "0", code + "," + code, strings.Repeat("z", len(code)),
				} {
					edits = append(edits, with(accountHeader, c))
				}
				return edits
			},
			codeInvalidAccount, codeInvalidParam),
		{
			name:  "account-unknown",
			why:   "right keys give access to their own account only, also when the other does not exist",
			needs: needsSpareUnlessStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				s.expectRefusal(s.erase(ctx, id, with(accountHeader, unknownID())), http.StatusForbidden, codeOtherAccount)
				return nil
			},
		},
		{
			name:  "customer-of-another-account",
			why:   "an id that leaks to another merchant must be worth nothing there",
			needs: needsSecondAccount | needsCustomer,
			run: func(ctx context.Context, s *session) error {
				id, err := s.customer(ctx)
				if err != nil {
					return err
				}
				s.expectNotFound(s.erase(ctx, id, as(s.target.SecondAccount)))
				if r := s.erase(ctx, id); r.saysGone() {
					s.found("response status", RuleCaseErased, "a customer that another account has erased", "the customer untouched")
				}
				return nil
			},
		},
	}
}
