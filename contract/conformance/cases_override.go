package conformance

import (
	"context"
	"net/http"
)

// overrideCases put a part of the request into a place where frameworks also look for it.
var overrideCases = []testCase{
	{
		name:  "method-override",
		why:   "a POST that counts as DELETE evades every rule about DELETE, and an HTML form can send it",
		needs: needsStrict,
		run:   onRefusalTarget(methodOverride),
	},
	{
		name:  "query-customer-id",
		why:   "the id in the path is logged and checked, so an id in the query must not be the one that is erased",
		needs: needsKeptCustomer,
		run:   onKeptCustomer(queryCustomerID),
	},
	{
		name:  "query-account",
		why:   "the account belongs in a header: in a URL it would be logged, and could contradict the header",
		needs: needsRefusalTarget,
		run: onRefusalTarget(func(ctx context.Context, s *session, id string) {
			code := s.target.Credentials.AccountCode
			resp := s.erase(ctx, id, withoutHeaders(accountHeader), withQuery("x-account-code", code, "account_code", code))
			s.expectRefusal(resp, http.StatusBadRequest, codeMissingParam, codeInvalidAccount, codeInvalidParam)
		}),
	},
	{
		name:  "query-keys",
		why:   "if keys work in a URL, they end up in the log of every proxy on the way",
		needs: needsRefusalTarget | needsLoopback,
		run:   onRefusalTarget(queryKeys),
	},
}

func methodOverride(ctx context.Context, s *session, id string) {
	post := withMethod(http.MethodPost)
	edits := []edit{
		all(post, withHeader("X-Method-Override", http.MethodDelete)),
		all(post, withHeader("X-Http-Method", http.MethodDelete)),
		all(post, withHeader("X-Http-Method-Override", http.MethodDelete)),
		all(post, withBody("application/x-www-form-urlencoded", "_method=DELETE")),
		all(post, withQuery("_method", http.MethodDelete)),
	}
	if !s.documents(http.MethodGet) { // otherwise see readChangesNothing
		edits = append(edits, all(withMethod(http.MethodGet), withHeader("X-Method-Override", http.MethodDelete)))
	}
	for _, e := range edits {
		s.expectRefusal(s.erase(ctx, id, e), http.StatusMethodNotAllowed, codeMethod)
	}
}

// queryCustomerID names an unknown customer in the path and the kept one in the query.
func queryCustomerID(ctx context.Context, s *session, kept string) {
	for _, name := range []string{"customer_id", "customerId", "id"} {
		resp := s.erase(ctx, unknownID(), withQuery(name, kept))
		s.expectRefusal(resp, http.StatusBadRequest, codeCustomerNotFound, codeInvalidRequest, codeInvalidParam, codeBadRequest)
		if resp.accepted() {
			s.found("request query", RuleCaseOtherID, "success for an id that is in the query", "a refusal", resp)
			return
		}
	}
}

func queryKeys(ctx context.Context, s *session, id string) {
	for _, e := range keysInQuery(s.target.Credentials) {
		s.expectRefusal(s.erase(ctx, id, e), http.StatusUnauthorized, codeInvalidKeys)
	}
}

// keysInQuery puts one or both keys into the query instead of the header.
func keysInQuery(c Credentials) []edit {
	public := withQuery("public-api-key", c.PublicAPIKey, "public_api_key", c.PublicAPIKey)
	secret := withQuery("private-secret-key", c.PrivateSecretKey, "private_secret_key", c.PrivateSecretKey)
	return []edit{
		all(withoutHeaders(secretHeader), secret),
		all(withoutHeaders(publicHeader), public),
		all(withoutHeaders(publicHeader, secretHeader), public, secret),
	}
}
