package conformance

import (
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

const legalError = `{"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}`

// answerMutants answer wrongly, whatever they are asked.
var answerMutants = []serverMutant{
	// What kin-openapi's filter lets pass in an answer.
	{name: "202 with a JSON body", mutate: bodied(202, `{"status":"accepted"}`), by: "accepted", rule: contract.RuleBodyUnexpected, bare: true},
	{name: "202 with a text body", mutate: bodied(202, "accepted"), by: "accepted", rule: contract.RuleBodyUnexpected},
	{name: "202 with a line break", mutate: bodied(202, "\n"), by: "accepted", rule: contract.RuleBodyUnexpected},
	{name: "200 for 202", mutate: statused(202, 200), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "204 for 202", mutate: statused(202, 204), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "301 for 202", mutate: statused(202, 301), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "304 for 202", mutate: statused(202, 304), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "308 for 202", mutate: statused(202, 308), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "404 for an unknown customer", mutate: statused(400, 404), by: "not-found", rule: contract.RuleStatus, bare: true},
	{name: "401 for an unknown customer", mutate: statused(400, 401), by: "not-found", rule: RuleCaseStatus, bare: true},
	{name: "202 for an unknown customer", mutate: rewriting(400, func(res *result) { *res = result{202, http.Header{}, ""} }), by: "not-found", rule: RuleCaseStatus, bare: true},
	{name: "error without code", mutate: bodied(400, `{"messages":["Customer not found."]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "error without messages", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND"}`), by: "not-found", rule: contract.RuleSchema},
	{name: "empty object", mutate: bodied(400, `{}`), by: "not-found", rule: contract.RuleSchema},
	{name: "empty code", mutate: bodied(400, `{"code":"","messages":["m"]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "no message", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND","messages":[]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "empty message", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND","messages":[""]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "null code", mutate: bodied(400, `{"code":null,"messages":["m"]}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "number as code", mutate: bodied(400, `{"code":4,"messages":["m"]}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "text as messages", mutate: bodied(400, `{"code":"A","messages":"m"}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "number as message", mutate: bodied(400, `{"code":"A","messages":["m",1]}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "null for a body", mutate: bodied(400, `null`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "array for a body", mutate: bodied(400, `[]`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "undocumented key", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["m"],"hint":"h"}`), by: "not-found", rule: contract.RuleUndocumented},
	{name: "key in wrong case", mutate: bodied(400, `{"Code":"CUSTOMER_NOT_FOUND","messages":["m"]}`), by: "not-found", rule: contract.RuleUndocumented},
	{name: "the other error shape of Yuno's pages", mutate: bodied(400, `{"error":{"code":"CUSTOMER_NOT_FOUND","message":"m"}}`), by: "not-found", rule: contract.RuleUndocumented},
	{name: "key given twice", mutate: bodied(400, `{"code":"A","code":"CUSTOMER_NOT_FOUND","messages":["m"]}`), by: "not-found", rule: contract.RuleDuplicateKey, bare: true},
	{name: "key given twice, once escaped", mutate: bodied(400, `{"code":"A","\u0063ode":"CUSTOMER_NOT_FOUND","messages":["m"]}`), by: "not-found", rule: contract.RuleDuplicateKey, bare: true},
	{name: "junk after the body", mutate: bodied(400, legalError+" junk"), by: "not-found", rule: contract.RuleJSONTrailing, bare: true},
	{name: "two bodies", mutate: bodied(400, legalError+legalError), by: "not-found", rule: contract.RuleJSONTrailing, bare: true},
	{name: "body cut short", mutate: bodied(400, legalError[:20]), by: "not-found", rule: contract.RuleJSON, bare: true},
	{name: "body that is not UTF-8", mutate: bodied(400, "{\"code\":\"\xff\",\"messages\":[\"m\"]}"), by: "not-found", rule: contract.RuleJSON, bare: true},
	{name: "byte order mark", mutate: bodied(400, "\ufeff"+legalError), by: "not-found", rule: contract.RuleJSON, bare: true},
	{name: "no body", mutate: bodied(400, ""), by: "not-found", rule: contract.RuleBodyMissing, bare: true},
	{name: "body without end", mutate: bodied(400, `{"code":"`+strings.Repeat("x", contract.MaxBody)+`","messages":["m"]}`), by: "not-found", rule: contract.RuleBodyTooLarge, bare: true},
	{name: "body that others stop reading", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["`+strings.Repeat("x", contract.MaxStrictBody)+`"]}`), by: "not-found", rule: contract.RuleBodyTooLarge},
	{name: "longer than announced", mutate: rewriting(400, func(res *result) { res.header.Set("Content-Length", "10000") }), by: "not-found", rule: contract.RuleTruncated, bare: true},
	{name: "problem+json", mutate: typed("application/problem+json"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "HTML", mutate: typed("text/html"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "jsonp", mutate: typed("application/jsonp"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "no content type", mutate: typed(), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "two content types", mutate: typed("application/json", "application/json"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "malformed content type", mutate: typed("application/json;;="), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "HTML if it is preferred", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if r.Header.Get("Accept") == "text/html" {
				res.header.Set("Content-Type", "text/html")
			}
		}
	}, by: "accept-header", rule: contract.RuleContentType, bare: true},

	// What the generated server does by default.
	{name: "missing header as text", mutate: func(ref *reference) {
		ref.account = func(values []string) (result, bool) {
			if len(values) == 0 {
				return result{400, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "Header parameter x-account-code is required"}, false
			}
			return result{}, true
		}
	}, by: "account-missing", rule: contract.RuleContentType, bare: true},
	{name: "error text in a 500", mutate: rewriting(400, func(res *result) {
		*res = result{500, http.Header{"Content-Type": {"text/plain"}}, "dial tcp 10.0.0.1:5432: connection refused"}
	}), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "200 for a nil response", mutate: rewriting(202, func(res *result) { res.status = 200 }), by: "repeated-delete", rule: contract.RuleStatus},
	{name: "no check of keys", mutate: func(ref *reference) {
		ref.keys = func(_ *reference, r *http.Request) (string, bool) { return r.Header.Get(accountHeader), true }
	}, by: "keys-missing", rule: contract.RuleAccepted, bare: true},
	{name: "redirect by the mux", mutate: around(func(next http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", next)
		return mux
	}), by: "path-dot-segments", rule: contract.RuleStatus},
	{name: "redirect of double slashes", mutate: around(func(next http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", next)
		return mux
	}), by: "path-double-slash", rule: contract.RuleStatus},
	{name: "text for an unknown path", mutate: rewriting(404, func(res *result) {
		res.header.Set("Content-Type", "text/plain")
		res.body = "404 page not found\n"
	}), by: "path-unknown", rule: contract.RuleContentType},

	// Leaks.
	{name: "secret key in a message", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			if res.status == 401 {
				*res = refuse(401, codeInvalidKeys, "no such key: "+r.Header.Get(secretHeader))
			}
		}
	}, by: "key-public-wrong", rule: contract.RuleKeyEchoed, bare: true},
	{name: "public key in a header", mutate: func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *result) {
			res.header.Set("X-Caller", r.Header.Get(publicHeader))
		}
	}, by: "accepted", rule: contract.RuleKeyEchoed, bare: true},
	{name: "database error in a message", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["sql: no rows in result set"]}`),
		by: "not-found", rule: contract.RuleInternalText},
	{name: "stack in a message", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["goroutine 7 [running]: main.go:12"]}`),
		by: "not-found", rule: contract.RuleInternalText},
	{name: "DSN in a message", mutate: bodied(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["postgres://app:pw@db/x"]}`),
		by: "not-found", rule: contract.RuleInternalText},
}
