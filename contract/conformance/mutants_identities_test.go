package conformance

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

// identityMutants erase another customer than the named one, or none.
var identityMutants = []serverMutant{
	{name: "id trimmed", mutate: changeID(strings.TrimSpace), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "space before the id dropped", mutate: changeID(func(id string) string { return strings.TrimLeft(id, " ") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "line break after the id dropped", mutate: changeID(func(id string) string { return strings.TrimSuffix(id, "\n") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "plus sign dropped", mutate: changeID(func(id string) string { return strings.TrimRight(id, "+") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "id cut at NUL", mutate: changeID(cutAt("\x00")), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "invisible characters dropped", mutate: changeID(func(id string) string { return strings.ReplaceAll(id, "\u200b", "") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "slash after the id dropped", mutate: changeID(func(id string) string { return strings.TrimSuffix(id, "/") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "space after the id dropped", mutate: changeID(func(id string) string { return strings.TrimRight(id, " ") }), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "matrix parameters of the path as sent", mutate: cutPathAt(";"), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "matrix parameters that a proxy encodes", mutate: cutPathAt("%3B"), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "matrix parameters", mutate: changeID(cutAt(";")), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "query in the id", mutate: changeID(cutAt("?")), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "fragment in the id", mutate: changeID(cutAt("#")), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "extension", mutate: changeID(func(id string) string { return strings.TrimSuffix(id, ".json") }), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "id decoded twice, leniently", mutate: changeID(decodeAgain(url.PathUnescape)), by: "id-near-miss", rule: RuleCaseOtherID, bare: true},
	{name: "id decoded twice, as a query", mutate: changeID(decodeAgain(url.QueryUnescape)), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "ids without case", mutate: changeID(strings.ToLower), by: "id-near-miss", rule: RuleCaseOtherID},
	{name: "near miss erases but is refused", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if trimmed := strings.TrimSpace(id); trimmed != id {
			erase(ref, account, trimmed)
		}
		return erase(ref, account, id)
	}), by: "id-near-miss", rule: RuleCaseErased},
	{name: "500 for separators", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if strings.ContainsAny(id, "?#;") {
			return refuse(500, "INTERNAL_ERROR", "m")
		}
		return erase(ref, account, id)
	}), by: "id-separators", rule: RuleCaseStatus, bare: true},
	{name: "invisible characters accepted", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if strings.Contains(id, "\u202e") {
			return rawResponse{202, http.Header{}, ""}
		}
		return erase(ref, account, id)
	}), by: "id-unseen-characters", rule: RuleCaseStatus, bare: true},

	{name: "X-HTTP-Method-Override", mutate: takeMethodFrom("X-HTTP-Method-Override"), by: "method-override", rule: contract.RuleStatus},
	{name: "X-HTTP-Method", mutate: takeMethodFrom("X-HTTP-Method"), by: "method-override", rule: contract.RuleStatus},
	{name: "X-Method-Override", mutate: takeMethodFrom("X-Method-Override"), by: "method-override", rule: contract.RuleStatus},
	{name: "_method in the query", mutate: changeRequests(func(r *http.Request) {
		if m := r.URL.Query().Get("_method"); m != "" {
			r.Method = m
		}
	}), by: "method-override", rule: contract.RuleStatus},
	{name: "_method in a form", mutate: changeRequests(func(r *http.Request) {
		if m := r.PostFormValue("_method"); m != "" {
			r.Method, r.Body, r.ContentLength = m, http.NoBody, 0
		}
	}), by: "method-override", rule: contract.RuleStatus},
	{name: "customer_id in the query", mutate: takeIDFromQuery("customer_id"), by: "query-customer-id", rule: RuleCaseOtherID, bare: true},
	{name: "id in the query", mutate: takeIDFromQuery("id"), by: "query-customer-id", rule: RuleCaseOtherID},
	{name: "account in the query", mutate: takeFromQuery(accountHeader, "x-account-code"), by: "query-account", rule: contract.RuleAccepted, bare: true},
	{name: "secret key in the query", mutate: takeFromQuery(secretHeader, "private-secret-key"), by: "query-keys", rule: contract.RuleAccepted, bare: true},
	{name: "public key in the query", mutate: takeFromQuery(publicHeader, "public_api_key"), by: "query-keys", rule: contract.RuleAccepted},
	{name: "public key in any case", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return len(public) == 1 && strings.EqualFold(public[0], c.PublicAPIKey) && is(secret, c.PrivateSecretKey)
	}), by: "key-public-other-case", rule: RuleCaseStatus, bare: true},

	{name: "accepts and erases no customer", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		ref.mu.Lock()
		known := ref.customers[account][id]
		ref.mu.Unlock()
		if known {
			return rawResponse{202, http.Header{}, ""}
		}
		return erase(ref, account, id)
	}), by: "accepted-is-gone", rule: RuleCaseKept, bare: true, opts: []RunOption{withFastClock()}},
	{name: "erases every customer", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		res := erase(ref, account, id)
		if ref.mu.Lock(); res.status == 202 {
			clear(ref.customers[account])
		}
		ref.mu.Unlock()
		return res
	}), by: "accepted-is-gone", rule: RuleCaseErased, bare: true},
}
