package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/contract"
)

// parameterMutants check the account code or the id wrongly.
var parameterMutants = []serverMutant{
	{name: "missing account", mutate: acceptAccount(func(v []string) bool { return len(v) == 0 || v[0] == "" }), by: "account-missing", rule: contract.RuleAccepted, bare: true},
	{name: "empty account", mutate: acceptAccount(func(v []string) bool { return is(v, "") }), by: "account-empty", rule: contract.RuleAccepted, bare: true},
	{name: "repeated account", mutate: acceptAccount(func(v []string) bool { return len(v) > 1 }), by: "account-repeated", rule: contract.RuleAccepted},
	{name: "account in another form", mutate: acceptAccount(func(v []string) bool {
		return strings.ReplaceAll(strings.Join(v, ""), "-", "") == strings.ReplaceAll(first.AccountCode, "-", "")
	}), by: "account-malformed", rule: contract.RuleAccepted},
	{name: "malformed account is just another account", mutate: func(ref *reference) {
		ref.account = func([]string) (rawResponse, bool) { return rawResponse{}, true }
	}, by: "account-malformed", rule: RuleCaseStatus},
	{name: "account that does not exist", mutate: func(ref *reference) {
		ref.access = func(own, named string) bool { return own == named || ref.customers[named] == nil }
	}, by: "account-unknown", rule: RuleCaseStatus},
	{name: "wrong code for a missing account", mutate: func(ref *reference) {
		ref.account = func(v []string) (rawResponse, bool) {
			return refuse(400, codeCustomerNotFound, "x-account-code"), len(v) == 1 && uuidForm.MatchString(v[0])
		}
	}, by: "account-missing", rule: RuleCaseCode},
	{name: "parameter not named", mutate: func(ref *reference) {
		ref.account = func(v []string) (rawResponse, bool) {
			return refuse(400, codeInvalidAccount, "Bad request."), len(v) == 1 && uuidForm.MatchString(v[0])
		}
	}, by: "account-missing", rule: RuleCaseParameter},
	{name: "63 characters at most", mutate: acceptID(func(id string) bool { return utf8.RuneCountInString(id) <= 63 }), by: "id-longest", rule: RuleCaseCode},
	{name: "65 characters at most", mutate: acceptID(func(id string) bool { return utf8.RuneCountInString(id) <= 65 }), by: "id-too-long", rule: RuleCaseCode},
	{name: "two characters at least", mutate: acceptID(func(id string) bool { return len(id) > 1 && utf8.RuneCountInString(id) <= 64 }), by: "id-shortest", rule: RuleCaseCode},
	{name: "500 beyond ASCII", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if len(id) > utf8.RuneCountInString(id) {
			return refuse(500, "INTERNAL_ERROR", "m")
		}
		return erase(ref, account, id)
	}), by: "id-unicode", rule: RuleCaseStatus},
	{name: "no limit for Unicode", mutate: acceptID(func(id string) bool { return len(id) <= 64 || id[0] > 0x7f }), by: "id-unicode-too-long", rule: RuleCaseCode},
	{name: "id not decoded", mutate: changeRoute(func(r *http.Request, route routeFunc) (string, bool) {
		_, ok := route(r)
		return strings.TrimPrefix(r.URL.EscapedPath(), "/v1/customers/"), ok
	}), by: "id-percent-encoded", rule: RuleCaseStatus},
	{name: "id decoded twice", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if _, err := url.PathUnescape(id); err != nil {
			return refuse(500, "INTERNAL_ERROR", "m")
		}
		return erase(ref, account, id)
	}), by: "id-quotes", rule: RuleCaseStatus},
	{name: "encoded slash splits the path", mutate: changeRoute(func(r *http.Request, route routeFunc) (string, bool) {
		id, ok := route(r)
		return id, ok && !strings.Contains(id, "/")
	}), by: "id-encoded-slash", rule: contract.RuleStatus, bare: true},
	{name: "500 for NUL", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if strings.ContainsRune(id, 0) {
			return refuse(500, "INTERNAL_ERROR", "m")
		}
		return erase(ref, account, id)
	}), by: "id-control-characters", rule: RuleCaseStatus, bare: true},
	{name: "line breaks are removed", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		if strings.Contains(id, "\n") {
			return rawResponse{202, http.Header{}, ""}
		}
		return erase(ref, account, id)
	}), by: "id-control-characters", rule: RuleCaseStatus},
}
