package conformance

import (
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

const legalError = `{"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}`

// responseMutants send wrong responses.
var responseMutants = []serverMutant{
	// Status, media type and body.
	{name: "202 with a JSON body", mutate: replaceBody(202, `{"status":"accepted"}`), by: "accepted", rule: contract.RuleBodyUnexpected, bare: true},
	{name: "202 with a text body", mutate: replaceBody(202, "accepted"), by: "accepted", rule: contract.RuleBodyUnexpected},
	{name: "202 with a line break", mutate: replaceBody(202, "\n"), by: "accepted", rule: contract.RuleBodyUnexpected},
	{name: "200 for 202", mutate: replaceStatus(202, 200), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "204 for 202", mutate: replaceStatus(202, 204), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "301 for 202", mutate: replaceStatus(202, 301), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "304 for 202", mutate: replaceStatus(202, 304), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "308 for 202", mutate: replaceStatus(202, 308), by: "accepted", rule: contract.RuleStatus, bare: true},
	{name: "404 for an unknown customer", mutate: replaceStatus(400, 404), by: "not-found", rule: contract.RuleStatus, bare: true},
	{name: "401 for an unknown customer", mutate: replaceStatus(400, 401), by: "not-found", rule: RuleCaseStatus, bare: true},
	{name: "202 for an unknown customer", mutate: changeResponses(400, func(res *rawResponse) { *res = rawResponse{202, http.Header{}, ""} }), by: "not-found", rule: RuleCaseStatus, bare: true},
	{name: "error without code", mutate: replaceBody(400, `{"messages":["Customer not found."]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "error without messages", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND"}`), by: "not-found", rule: contract.RuleSchema},
	{name: "empty object", mutate: replaceBody(400, `{}`), by: "not-found", rule: contract.RuleSchema},
	{name: "empty code", mutate: replaceBody(400, `{"code":"","messages":["m"]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "no message", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND","messages":[]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "empty message", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND","messages":[""]}`), by: "not-found", rule: contract.RuleSchema},
	{name: "null code", mutate: replaceBody(400, `{"code":null,"messages":["m"]}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "number as code", mutate: replaceBody(400, `{"code":4,"messages":["m"]}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "text as messages", mutate: replaceBody(400, `{"code":"A","messages":"m"}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "number as message", mutate: replaceBody(400, `{"code":"A","messages":["m",1]}`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "null as body", mutate: replaceBody(400, `null`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "array as body", mutate: replaceBody(400, `[]`), by: "not-found", rule: contract.RuleSchema, bare: true},
	{name: "undocumented key", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["m"],"hint":"h"}`), by: "not-found", rule: contract.RuleUndocumented},
	{name: "key in wrong case", mutate: replaceBody(400, `{"Code":"CUSTOMER_NOT_FOUND","messages":["m"]}`), by: "not-found", rule: contract.RuleUndocumented},
	{name: "the other error body on Yuno's pages", mutate: replaceBody(400, `{"error":{"code":"CUSTOMER_NOT_FOUND","message":"m"}}`), by: "not-found", rule: contract.RuleUndocumented},
	{name: "duplicate key", mutate: replaceBody(400, `{"code":"A","code":"CUSTOMER_NOT_FOUND","messages":["m"]}`), by: "not-found", rule: contract.RuleDuplicateKey, bare: true},
	{name: "duplicate key, once escaped", mutate: replaceBody(400, `{"code":"A","\u0063ode":"CUSTOMER_NOT_FOUND","messages":["m"]}`), by: "not-found", rule: contract.RuleDuplicateKey, bare: true},
	{name: "junk after the body", mutate: replaceBody(400, legalError+" junk"), by: "not-found", rule: contract.RuleJSONTrailing, bare: true},
	{name: "two bodies", mutate: replaceBody(400, legalError+legalError), by: "not-found", rule: contract.RuleJSONTrailing, bare: true},
	{name: "body cut short", mutate: replaceBody(400, legalError[:20]), by: "not-found", rule: contract.RuleJSON, bare: true},
	{name: "body that is not UTF-8", mutate: replaceBody(400, "{\"code\":\"\xff\",\"messages\":[\"m\"]}"), by: "not-found", rule: contract.RuleJSON, bare: true},
	{name: "byte order mark", mutate: replaceBody(400, "\ufeff"+legalError), by: "not-found", rule: contract.RuleJSON, bare: true},
	{name: "no body", mutate: replaceBody(400, ""), by: "not-found", rule: contract.RuleBodyMissing, bare: true},
	{name: "body over the limit", mutate: replaceBody(400, `{"code":"`+strings.Repeat("x", contract.MaxBody)+`","messages":["m"]}`), by: "not-found", rule: contract.RuleBodyTooLarge, bare: true},
	{name: "body over the strict limit", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["`+strings.Repeat("x", contract.MaxStrictBody)+`"]}`), by: "not-found", rule: contract.RuleBodyTooLarge},
	{name: "longer than announced", mutate: changeResponses(400, func(res *rawResponse) { res.header.Set("Content-Length", "10000") }), by: "not-found", rule: contract.RuleTruncated, bare: true},
	{name: "problem+json", mutate: replaceContentType("application/problem+json"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "HTML", mutate: replaceContentType("text/html"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "jsonp", mutate: replaceContentType("application/jsonp"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "no content type", mutate: replaceContentType(), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "two content types", mutate: replaceContentType("application/json", "application/json"), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "malformed content type", mutate: replaceContentType("application/json;;="), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "HTML if it is preferred", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if r.Header.Get("Accept") == "text/html" {
			res.header.Set("Content-Type", "text/html")
		}
	}), by: "accept-header", rule: contract.RuleContentType, bare: true},

	// What the generated server does by default.
	{name: "missing header as text", mutate: func(ref *reference) {
		ref.account = func(values []string) (rawResponse, bool) {
			if len(values) == 0 {
				return rawResponse{400, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "Header parameter x-account-code is required"}, false
			}
			return rawResponse{}, true
		}
	}, by: "account-missing", rule: contract.RuleContentType, bare: true},
	{name: "error text in a 500", mutate: changeResponses(400, func(res *rawResponse) {
		*res = rawResponse{500, http.Header{"Content-Type": {"text/plain"}}, "dial tcp 10.0.0.1:5432: connection refused"}
	}), by: "not-found", rule: contract.RuleContentType, bare: true},
	{name: "200 for a nil response", mutate: changeResponses(202, func(res *rawResponse) { res.status = 200 }), by: "repeated-delete", rule: contract.RuleStatus},
	{name: "no check of keys", mutate: func(ref *reference) {
		ref.keys = func(_ *reference, r *http.Request) (string, bool) { return r.Header.Get(accountHeader), true }
	}, by: "keys-missing", rule: contract.RuleAccepted, bare: true},
	{name: "redirect by the mux", mutate: wrapHandler(serveThroughMux), by: "path-dot-segments", rule: contract.RuleStatus},
	{name: "redirect of double slashes", mutate: wrapHandler(serveThroughMux), by: "path-double-slash", rule: contract.RuleStatus},
	{name: "text for an unknown path", mutate: changeResponses(404, func(res *rawResponse) {
		res.header.Set("Content-Type", "text/plain")
		res.body = "404 page not found\n"
	}), by: "path-unknown", rule: contract.RuleContentType},

	// Leaks.
	{name: "secret key in a message", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if res.status == 401 {
			*res = refuse(401, codeInvalidKeys, "no such key: "+r.Header.Get(secretHeader))
		}
	}), by: "key-public-wrong", rule: contract.RuleKeyEchoed, bare: true},
	{name: "public key in a header", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		res.header.Set("X-Caller", r.Header.Get(publicHeader))
	}), by: "accepted", rule: contract.RuleKeyEchoed, bare: true},
	{name: "database error in a message", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["sql: no rows in result set"]}`),
		by: "not-found", rule: contract.RuleInternalText},
	{name: "stack in a message", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["goroutine 7 [running]: main.go:12"]}`),
		by: "not-found", rule: contract.RuleInternalText},
	{name: "DSN in a message", mutate: replaceBody(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["postgres://app:pw@db/x"]}`),
		by: "not-found", rule: contract.RuleInternalText},
}
