package conformance

import (
	"io"
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

// pathMutants match paths or methods wrongly, or accept bodies.
var pathMutants = []serverMutant{
	{name: "trailing slash", mutate: changeRoute(func(r *http.Request, route routeFunc) (string, bool) {
		r.URL.Path, r.URL.RawPath = strings.TrimSuffix(r.URL.Path, "/"), ""
		return route(r)
	}), by: "path-trailing-slash", rule: contract.RuleStatus},
	{name: "path in any case", mutate: changeRoute(func(r *http.Request, route routeFunc) (string, bool) {
		r.URL.Path, r.URL.RawPath = strings.Replace(r.URL.Path, "/Customers/", "/customers/", 1), ""
		return route(r)
	}), by: "path-case", rule: contract.RuleStatus},
	{name: "more segments", mutate: func(ref *reference) {
		ref.route = func(r *http.Request) (string, bool) {
			id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/customers/"), "/")
			return id, strings.HasPrefix(r.URL.Path, "/v1/customers/") && id != ""
		}
	}, by: "path-extra-segment", rule: contract.RuleStatus},
	{name: "collection", mutate: changeRoute(func(r *http.Request, route routeFunc) (string, bool) {
		if r.URL.Path == "/v1/customers" {
			return "all", true
		}
		return route(r)
	}), by: "path-collection", rule: RuleCaseStatus},
	{name: "encoded dots resolved", mutate: changeRequests(resolveDotSegments), by: "path-encoded-dot-segments", rule: contract.RuleStatus},
	{name: "404 for another method", mutate: changeResponses(405, func(res *rawResponse) { *res = refuse(404, codeNotFound, "m") }), by: "method-get", rule: contract.RuleStatus},
	{name: "405 without Allow", mutate: changeResponses(405, func(res *rawResponse) { res.header.Del("Allow") }), by: "method-post", rule: contract.RuleAllow},
	{name: "405 that allows other methods", mutate: changeResponses(405, func(res *rawResponse) { res.header.Set("Allow", "GET, POST") }), by: "method-put", rule: contract.RuleAllow},
	{name: "GET erases", mutate: func(ref *reference) {
		ref.methods = func(m string) bool { return m == http.MethodDelete || m == http.MethodGet }
	}, by: "method-get", rule: contract.RuleStatus},
	{name: "200 for HEAD", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if r.Method == http.MethodHead {
			res.status, res.body = 200, ""
		}
	}), by: "method-head", rule: contract.RuleStatus},
	{name: "204 for OPTIONS", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if r.Method == http.MethodOptions {
			res.status, res.body = 204, ""
		}
	}), by: "method-options", rule: contract.RuleStatus},
	{name: "method in any case", mutate: func(ref *reference) { ref.methods = func(m string) bool { return strings.EqualFold(m, "DELETE") } },
		by: "method-lower-case", rule: contract.RuleStatus},
	{name: "wrong code for another method", mutate: changeResponses(405, func(res *rawResponse) {
		res.body = `{"code":"NOT_FOUND","messages":["m"]}`
	}), by: "method-patch", rule: RuleCaseCode},
	{name: "501 for an unknown method", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if r.Method == "PURGE" {
			res.status = 501
		}
	}), by: "method-unknown", rule: contract.RuleStatus},
	{name: "500 for a body", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if r.ContentLength != 0 && res.status == 400 {
			res.status = 500
		}
	}), by: "body-json", rule: RuleCaseStatus},
	{name: "wrong code for a body", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if r.ContentLength != 0 && res.status == 400 {
			*res = refuse(400, codeInvalidAccount, "m")
		}
	}), by: "body-json", rule: RuleCaseCode},
	{name: "body accepted", mutate: func(ref *reference) { ref.body = func(*http.Request) bool { return false } }, by: "body-json", rule: contract.RuleAccepted},
	{name: "chunked body accepted", mutate: func(ref *reference) { ref.body = func(r *http.Request) bool { return r.ContentLength > 0 } }, by: "body-chunked", rule: contract.RuleAccepted},
	{name: "large body accepted", mutate: func(ref *reference) {
		ref.body = func(r *http.Request) bool { n, _ := io.ReadFull(r.Body, make([]byte, 8)); return n > 0 && n < 8 }
	}, by: "body-large", rule: contract.RuleAccepted},
}
