package conformance

import (
	"context"
	"net/http"
	"strings"
)

var accountCases = []testCase{
	{
		name:  "account-missing",
		why:   "the header is required: nothing else says whose customer is meant",
		needs: needsRefusalTarget,
		run: invalidAccount(func(string) []edit { return []edit{withoutHeaders(accountHeader)} },
			codeMissingParam, codeInvalidAccount, codeInvalidParam),
	},
	{
		name:  "account-empty",
		why:   "a client with an unset variable sends an empty header",
		needs: needsRefusalTarget,
		run: invalidAccount(func(string) []edit { return []edit{withHeader(accountHeader, "")} },
			codeMissingParam, codeInvalidAccount, codeInvalidParam),
	},
	{
		name:  "account-repeated",
		why:   "of two accounts, a proxy may check one and the server use the other",
		needs: needsStrict | needsRefusalTarget,
		run:   invalidAccount(repeatedAccounts, codeInvalidParam, codeInvalidAccount),
	},
	{
		name:  "account-malformed",
		why:   "only the 36-character form is documented: UUID parsers accept others, and an account with two spellings evades comparison",
		needs: needsStrict | needsRefusalTarget,
		run:   invalidAccount(malformedAccounts, codeInvalidAccount, codeInvalidParam),
	},
	{
		name:  "account-unknown",
		why:   "valid keys give access to their own account only, even if the other one does not exist",
		needs: needsRefusalTarget,
		run: onRefusalTarget(func(ctx context.Context, s *session, id string) {
			resp := s.erase(ctx, id, withHeader(accountHeader, unknownID()))
			s.expectRefusal(resp, http.StatusForbidden, codeOtherAccount)
		}),
	},
	{
		name:  "customer-of-another-account",
		why:   "an id that leaks to another merchant must be useless to that merchant",
		needs: needsSecondAccount | needsCustomer,
		run: onForeign((*session).customer, func(ctx context.Context, s *session, id string) {
			s.proof.giveUnknown(id)
			s.expectNotFound(s.erase(ctx, id, as(s.target.SecondAccount)))
			if s.erase(ctx, id).saysGone() {
				s.found("response status", RuleCaseErased, "a customer that another account has erased", "the customer unchanged")
			}
		}),
	},
}

// invalidAccount sends requests with each of the edits, which depend on the account code.
func invalidAccount(edits func(code string) []edit, codes ...string) func(context.Context, *session) error {
	return onRefusalTarget(func(ctx context.Context, s *session, id string) {
		for _, e := range edits(s.target.Credentials.AccountCode) {
			resp := s.erase(ctx, id, e)
			s.expectRefusal(resp, http.StatusBadRequest, codes...)
			s.expectParameter(resp, accountParameter)
		}
	})
}

func repeatedAccounts(code string) []edit {
	other := unknownID()
	return []edit{
		withHeader(accountHeader, code, other),
		withHeader(accountHeader, other, code),
		withHeader(accountHeader, code, code),
	}
}

func malformedAccounts(code string) []edit {
	var edits []edit
	for _, malformed := range []string{
		"account", "urn:uuid:" + code, "{" + code + "}", strings.ReplaceAll(code, "-", ""),
		code[:len(code)-1], code + "0", code + "," + code, strings.Repeat("z", len(code)),
	} {
		edits = append(edits, withHeader(accountHeader, malformed))
	}
	return edits
}
