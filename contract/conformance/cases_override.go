package conformance

import (
	"context"
	"net/http"
	"strings"
)

// overrideCases put what belongs into one place of a request into another one, where
// frameworks look for it by habit.
func overrideCases() []testCase {
	return []testCase{
		{
			name:  "method-override",
			why:   "a POST that counts as a DELETE passes whatever guards DELETE, a browser's form included",
			needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				for _, e := range methodOverrides() {
					s.expectRefusal(s.erase(ctx, id, method(http.MethodPost), e), http.StatusMethodNotAllowed, codeMethod)
				}
				s.expectRefusal(s.erase(ctx, id, method(http.MethodGet), methodOverrides()[0]), http.StatusMethodNotAllowed, codeMethod)
				return nil
			},
		},
		{
			name:  "query-customer-id",
			why:   "of two ids in one request, the one in the path is logged and checked; the other must not be the one that is erased",
			needs: needsSpare,
			run: func(ctx context.Context, s *session) error {
				id, err := s.survivor(ctx)
				if err != nil {
					return err
				}
				for _, name := range []string{"customer_id", "customerId", "id"} {
					r := s.erase(ctx, unknownID(), query(name, id))
					s.expectRefusal(r, http.StatusBadRequest, codeCustomerNotFound, codeInvalidRequest, codeInvalidParam, codeBadRequest)
					if r.accepted() {
						s.found("request query", RuleCaseOtherID, "success for an id that is in the query", "a refusal")
						return nil
					}
				}
				return nil
			},
		},
		{
			name:  "query-account",
			why:   "the account is a header: in a URL it would be logged, and could contradict the header",
			needs: needsSpareUnlessStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				code := s.target.Credentials.AccountCode
				r := s.erase(ctx, id, without(accountHeader), query("x-account-code", code, "account_code", code))
				s.expectRefusal(r, http.StatusBadRequest, codeMissingParam, codeInvalidAccount, codeInvalidParam)
				return nil
			},
		},
		{
			name:  "query-keys",
			why:   "keys that work in a URL end up in the logs of everything on the way",
			needs: needsSpareUnlessStrict | needsLoopback,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				c := s.target.Credentials
				secret := query("private-secret-key", c.PrivateSecretKey, "private_secret_key", c.PrivateSecretKey)
				public := query("public-api-key", c.PublicAPIKey, "public_api_key", c.PublicAPIKey)
				for _, e := range []edit{
					all(without(secretHeader), secret),
					all(without(publicHeader), public),
					all(without(publicHeader, secretHeader), public, secret),
				} {
					s.expectRefusal(s.erase(ctx, id, e), http.StatusUnauthorized, codeInvalidKeys)
				}
				return nil
			},
		},
	}
}

// methodOverrides are the ways in which frameworks take a DELETE for what is not one.
func methodOverrides() []edit {
	form := func(r *http.Request) {
		sized("_method=DELETE")(r)
		r.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	}
	edits := []edit{form, query("_method", http.MethodDelete)}
	for name := range strings.FieldsSeq("X-Http-Method-Override X-Http-Method X-Method-Override") {
		edits = append([]edit{with(name, http.MethodDelete)}, edits...)
	}
	return edits
}
