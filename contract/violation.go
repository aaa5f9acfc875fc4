package contract

import "fmt"

// A Rule is the name of one thing that is judged. Names are stable across versions, so that
// reports can be compared.
type Rule string

// The rules for requests. A client violates the contract by breaking any of them. A server
// violates it only by accepting a request that breaks one (RuleAccepted).
const (
	RulePath            Rule = "request-path"           // the path belongs to no operation; an empty id or a dot segment makes such a path
	RuleMethod          Rule = "request-method"         // the path is documented, the method is not
	RulePathParameter   Rule = "request-path-parameter" // it cannot be decoded, or its schema does not allow it
	RuleHeaderMissing   Rule = "request-header-missing"
	RuleHeaderEmpty     Rule = "request-header-empty"
	RuleHeaderRepeated  Rule = "request-header-repeated"
	RuleHeaderSchema    Rule = "request-header-schema"    // the parameter's schema does not allow the value
	RuleHeaderElsewhere Rule = "request-header-elsewhere" // several values of a header that only other operations document
	RuleKeyMissing      Rule = "request-key-missing"
	RuleKeyEmpty        Rule = "request-key-empty"
	RuleKeyRepeated     Rule = "request-key-repeated"
	RuleQueryParameter  Rule = "request-query-parameter" // a documented one is missing, repeated, or not what its schema allows
	RuleCookie          Rule = "request-cookie"          // likewise for a documented cookie
	RuleRequestBody     Rule = "request-body"            // a body, but none is documented
	RuleRequestContent  Rule = "request-content"         // a documented body is missing, of another media type, or not what its schema allows
	RuleQuery           Rule = "request-query"           // a query or a part of one that is not documented
	RuleKeyLeaked       Rule = "request-key-leaked"      // a key in the URL or in another header
	RuleRedirected      Rule = "request-redirected"      // the client followed a redirect, which takes the keys to another address
	RulePlaintext       Rule = "request-plaintext"       // http to a host that is not loopback
)

// The rules for responses. "Strict" marks those that apply with [WithStrict] only.
const (
	RuleNoResponse     Rule = "response-none"             // the handler panicked, aborted or took over the connection
	RuleStatus         Rule = "response-status"           // not documented for the operation
	RuleAccepted       Rule = "response-accepted"         // 2xx to a request that breaks a rule
	RuleHeader         Rule = "response-header"           // a documented header is missing, or not what its schema allows
	RuleContentType    Rule = "response-content-type"     // missing, repeated or not documented
	RuleBodyUnexpected Rule = "response-body-unexpected"  // a body, but none is documented
	RuleBodyMissing    Rule = "response-body-missing"     // no body, but one is documented
	RuleBodyTooLarge   Rule = "response-body-too-large"   // more than MaxBody or MaxStrictBody
	RuleTruncated      Rule = "response-truncated"        // not as long as announced
	RuleJSON           Rule = "response-json"             // not JSON
	RuleJSONTrailing   Rule = "response-json-trailing"    // something after the JSON value
	RuleDuplicateKey   Rule = "response-duplicate-key"    // a duplicate key in an object
	RuleUndocumented   Rule = "response-undocumented-key" // a key that the schema does not allow, such as one in the wrong case
	RuleSchema         Rule = "response-schema"           // a value that the schema does not allow
	RuleKeyEchoed      Rule = "response-key-echoed"       // a key of the request in the response
	RuleInternalText   Rule = "response-internal-text"    // strict: text of an internal error
	RuleAllow          Rule = "response-allow"            // strict: 405 without Allow
	RuleRetryAfter     Rule = "response-retry-after"      // strict: 429 or 503 without Retry-After in whole seconds
)

// A Violation is one broken rule. It describes what was found and never quotes it: it
// contains no key, no customer id, no account code and no part of a body, so it may be
// logged and published.
type Violation struct {
	Operation string `json:"operation"` // operationId, or "-" if the request belongs to no operation
	Place     string `json:"place"`     // such as "request header x-account-code" or "response body /messages/0"
	Rule      Rule   `json:"rule"`
	Found     string `json:"found"`
	Expected  string `json:"expected"`
}

// String returns the violation on one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s: found %s, expected %s [%s]", v.Operation, v.Place, v.Found, v.Expected, v.Rule)
}

// noOperation stands for the operation of a request that belongs to none.
const noOperation = "-"
