package conformance

import (
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

// keyMutants check keys wrongly.
var keyMutants = []serverMutant{
	{name: "public key not checked", mutate: checkKeys(func(_, secret []string, c Credentials) bool { return is(secret, c.PrivateSecretKey) }),
		by: "key-public-missing", rule: contract.RuleAccepted, bare: true},
	{name: "any public key", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return len(public) == 1 && public[0] != "" && is(secret, c.PrivateSecretKey)
	}), by: "key-public-wrong", rule: RuleCaseStatus, bare: true},
	{name: "secret key not checked", mutate: checkKeys(func(public, _ []string, c Credentials) bool { return is(public, c.PublicAPIKey) }),
		by: "key-secret-missing", rule: contract.RuleAccepted, bare: true},
	{name: "any secret key", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && secret[0] != ""
	}), by: "key-secret-wrong", rule: RuleCaseStatus, bare: true},
	{name: "empty secret key", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && (is(secret, c.PrivateSecretKey) || is(secret, ""))
	}), by: "key-secret-empty", rule: contract.RuleAccepted, bare: true},
	{name: "empty public key", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return (is(public, c.PublicAPIKey) || is(public, "")) && is(secret, c.PrivateSecretKey)
	}), by: "key-public-empty", rule: contract.RuleAccepted, bare: true},
	{name: "beginning of the secret key", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && secret[0] != "" && strings.HasPrefix(c.PrivateSecretKey, secret[0])
	}), by: "key-secret-shortened", rule: RuleCaseStatus, bare: true},
	{name: "secret key with more after it", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && strings.HasPrefix(secret[0], c.PrivateSecretKey)
	}), by: "key-secret-lengthened", rule: RuleCaseStatus, bare: true},
	{name: "secret key in any case", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && len(secret) == 1 && strings.EqualFold(secret[0], c.PrivateSecretKey)
	}), by: "key-secret-other-case", rule: RuleCaseStatus, bare: true},
	{name: "keys in any header", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && is(secret, c.PrivateSecretKey) || is(secret, c.PublicAPIKey) && is(public, c.PrivateSecretKey)
	}), by: "keys-swapped", rule: RuleCaseStatus, bare: true},
	{name: "one of two secret keys", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && has(secret, c.PrivateSecretKey)
	}), by: "key-secret-repeated", rule: contract.RuleAccepted},
	{name: "one of two public keys", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return has(public, c.PublicAPIKey) && is(secret, c.PrivateSecretKey)
	}), by: "key-public-repeated", rule: contract.RuleAccepted},
	{name: "keys of two accounts", mutate: checkKeys(func(public, secret []string, c Credentials) bool {
		return is(public, c.PublicAPIKey) && (is(secret, first.PrivateSecretKey) || is(secret, second.PrivateSecretKey))
	}), by: "keys-of-two-accounts", rule: RuleCaseStatus},
	{name: "keys of any account", mutate: func(ref *reference) { ref.access = func(string, string) bool { return true } },
		by: "keys-of-another-account", rule: RuleCaseStatus},
	{name: "customers of any account", mutate: changeErase(func(ref *reference, erase eraseFunc, _, id string) rawResponse {
		return erase(ref, first.AccountCode, id)
	}), by: "customer-of-another-account", rule: RuleCaseStatus},
	{name: "another account erases but is refused", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if account == second.AccountCode {
			erase(ref, first.AccountCode, id)
		}
		return erase(ref, account, id)
	}), by: "customer-of-another-account", rule: RuleCaseErased},
	{name: "403 for wrong keys", mutate: replaceStatus(401, 403), by: "keys-missing", rule: RuleCaseStatus},
	{name: "401 for another account", mutate: replaceStatus(403, 401), by: "keys-of-another-account", rule: RuleCaseStatus},
	{name: "wrong code for wrong keys", mutate: changeResponses(401, func(res *rawResponse) { *res = refuse(401, "INVALID_TOKEN", "m") }),
		by: "key-secret-wrong", rule: RuleCaseCode},
	{name: "another message for an unknown public key", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if res.status == 401 && r.Header.Get(publicHeader) == first.PublicAPIKey {
			res.body = `{"code":"INVALID_CREDENTIALS","messages":["Wrong secret."]}`
		}
	}), by: "key-errors-alike", rule: RuleCaseDiffers},
	{name: "parameters before keys", mutate: func(ref *reference) {
		ref.order = func(keys, parameters check) (rawResponse, bool) {
			if res, ok := parameters(); !ok {
				return res, false
			}
			return keys()
		}
	}, by: "keys-before-parameters", rule: RuleCaseStatus},
	{name: "account before keys", mutate: changeKeys(func(ref *reference, keys keysFunc, r *http.Request) (string, bool) {
		if len(r.Header[accountHeader]) == 0 {
			return first.AccountCode, true
		}
		return keys(ref, r)
	}), by: "keys-before-parameters", rule: RuleCaseStatus},
	{name: "id before keys", mutate: changeKeys(func(ref *reference, keys keysFunc, r *http.Request) (string, bool) {
		if id, _ := ref.route(r); len(id) > 64 {
			return first.AccountCode, true
		}
		return keys(ref, r)
	}), by: "keys-before-parameters", rule: RuleCaseStatus},
	{name: "500 for wrong keys", mutate: changeResponses(401, func(res *rawResponse) { *res = refuse(500, "INTERNAL_ERROR", "m") }),
		by: "key-secret-wrong", rule: RuleCaseStatus, bare: true},
}
