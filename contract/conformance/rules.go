package conformance

import "github.com/yuno-community/yuno-customers/contract"

// The rules that only the suite can judge, because they depend on what a request was sent
// for or on several exchanges. "Strict" marks those that apply to Target.Strict only.
const (
	RuleCaseStatus    contract.Rule = "case-status"     // the status is documented, but wrong for this request
	RuleCaseCode      contract.Rule = "case-code"       // strict: the error code is wrong for this request
	RuleCaseParameter contract.Rule = "case-parameter"  // strict: no message names the invalid parameter
	RuleCaseDiffers   contract.Rule = "case-differs"    // strict: two responses that must be identical differ
	RuleCaseTime      contract.Rule = "case-time"       // the response time reveals which public keys exist
	RuleCaseErased    contract.Rule = "case-erased"     // a request erased a customer that it did not name or must not erase
	RuleCaseKept      contract.Rule = "case-kept"       // an accepted request did not erase the customer
	RuleCaseOtherID   contract.Rule = "case-other-id"   // a request was accepted for an id that only resembles a customer's
	RuleCaseDisclosed contract.Rule = "case-disclosed"  // a response shows a customer, or something of one, that the request must not see
	RuleCaseAddress   contract.Rule = "case-address"    // an unknown customer looks like a wrong address
	RuleCaseRequestID contract.Rule = "case-request-id" // strict: a response has no request id, or that of another response
)
