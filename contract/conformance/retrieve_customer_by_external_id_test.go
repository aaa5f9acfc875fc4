package conformance

import (
	"net/http"
	"strings"
)

const byMerchant = "retrieve-customer-by-external-id"

var _ = addReadTest(readTest{
	operation: byMerchant, property: externalID, parameter: externalID, limit: 255, allow: http.MethodGet,
	matches: func(r *http.Request) bool { return r.URL.EscapedPath() == "/v1/customers" },
	values:  func(r *http.Request) []string { return r.URL.Query()[externalID] },
	mutants: []readMutant{
		{name: "another merchant's id", mutate: showInstead(func(object map[string]any) { object["merchant_customer_id"] = unknownID() }), by: "found", rule: RuleCaseOtherID, bare: true},
		{name: "value as a prefix", mutate: compare(strings.HasPrefix), by: "near-miss", rule: RuleCaseOtherID, bare: true},
		{name: "value as a pattern", mutate: compare(func(stored, asked string) bool {
			return strings.HasPrefix(stored, strings.TrimSuffix(asked, "%")) && asked != ""
		}), by: "near-miss", rule: RuleCaseOtherID, bare: true},
		{name: "a limit in bytes", mutate: checkBytes, by: "longest", rule: RuleCaseCode},
		{name: "a missing parameter matches everyone", mutate: func(ref *reference) {
			ref.reads.check = func(readTest, string) (rawResponse, bool) { return rawResponse{}, true }
			compare(func(stored, asked string) bool { return stored == asked || asked == "" })(ref)
		}, by: "parameter-missing", rule: RuleCaseDisclosed, bare: true},
		{name: "a list for a missing parameter", mutate: func(ref *reference) {
			ref.reads.values = func(rt readTest, values []string) (rawResponse, string, bool) {
				refusal, value, ok := singleValue(rt, values)
				if value == "" {
					return text(200, "[]"), "", false
				}
				return refusal, value, ok
			}
		}, by: "parameter-missing", rule: RuleCaseDisclosed, bare: true},
		{name: "the first of two values", mutate: changeValues(func(values []string) string { return values[0] }), by: "parameter-repeated", rule: RuleCaseStatus},
		{name: "the last of two values", mutate: changeValues(func(values []string) string { return values[len(values)-1] }), by: "parameter-repeated", rule: RuleCaseStatus},
		{name: "either id", mutate: changeFind(func(ref *reference, find findFunc, account, property, value string) (map[string]any, bool) {
			if object, ok := find(ref, account, "id", value); ok {
				return object, true
			}
			return find(ref, account, property, value)
		}), by: "customer-id", rule: RuleCaseOtherID, bare: true},
		{name: "anonymised under another id", mutate: leave(func(object map[string]any) map[string]any {
			return map[string]any{"id": unknownID(), "merchant_customer_id": object["merchant_customer_id"]}
		}), by: "after-delete", rule: RuleCaseOtherID, bare: true},
	},
})

func checkBytes(ref *reference) {
	ref.reads.check = func(rt readTest, value string) (rawResponse, bool) {
		return refuse(400, codeInvalidParam, rt.parameter+" is too long"), len(value) <= rt.limit
	}
}

func changeValues(f func(values []string) string) mutation {
	return func(ref *reference) {
		ref.reads.values = func(rt readTest, values []string) (rawResponse, string, bool) {
			if len(values) > 0 {
				return rawResponse{}, f(values), true
			}
			return singleValue(rt, values)
		}
	}
}
