package conformance

import (
	"net/http"

	"github.com/yuno-community/yuno-customers/contract"
)

// sequenceMutants are wrong in ways that several requests show.
var sequenceMutants = []serverMutant{
	{name: "500 for a repeated delete", mutate: failOnRepeat, by: "repeated-delete", rule: RuleCaseStatus, bare: true},
	{name: "another code for a repeated delete", mutate: changeCodeOnRepeat, by: "repeated-delete", rule: RuleCaseCode},
	{name: "fails under concurrent requests for one customer", mutate: failInCrowds, by: "concurrent-deletes", rule: RuleCaseStatus, bare: true},
	{name: "every concurrent request is refused", mutate: changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		erase(ref, account, id)
		return refuse(400, codeCustomerNotFound, "m")
	}), by: "concurrent-deletes", rule: RuleCaseStatus, bare: true},
	{name: "erases before it checks", mutate: eraseBeforeChecks, by: "refusals-change-nothing", rule: RuleCaseErased},
	{name: "no request id", mutate: changeResponse(func(_ *http.Request, res *rawResponse) { res.header.Del("X-Request-Id") }), by: "request-id", rule: RuleCaseRequestID},
	{name: "one request id for all", mutate: func(ref *reference) { ref.requestID = func() string { return "1" } }, by: "request-id", rule: RuleCaseRequestID},
	{name: "another contract over HTTP/2", mutate: changeResponse(func(r *http.Request, res *rawResponse) {
		if r.ProtoMajor == 2 && res.status == 202 {
			res.status = 200
		}
	}), by: "http2-accepted", rule: contract.RuleStatus, bare: true},
	{name: "keys not checked over HTTP/2", mutate: changeKeys(func(ref *reference, keys keysFunc, r *http.Request) (string, bool) {
		if r.ProtoMajor == 2 {
			return first.AccountCode, true
		}
		return keys(ref, r)
	}), by: "http2-refused", rule: contract.RuleAccepted, bare: true},
	{name: "connection dropped", mutate: wrapHandler(dropRefusals), by: "not-found", rule: contract.RuleNoResponse, bare: true},
}
