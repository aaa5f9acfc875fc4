package contract

import "fmt"

// A Rule is the stable name of one thing that is checked. Names do not change
// between versions, so that reports can be compared and rules looked up.
type Rule string

// What a request is judged by. The client must keep all of them; a server is
// told off only for accepting a request that breaks one (see RuleAccepted).
const (
	RulePath          Rule = "request-path"           // the path belongs to no operation; an id that is empty or a dot segment makes such a path
	RuleMethod        Rule = "request-method"         // the path is documented, the method is not
	RulePathParameter Rule = "request-path-parameter" // undecodable, or not what its schema allows
	RuleHeaderMissing Rule = "request-header-missing"
	RuleHeaderEmpty   Rule = "request-header-empty"
	RuleHeaderTwice   Rule = "request-header-repeated"
	RuleHeaderSchema  Rule = "request-header-schema" // not what the parameter's schema allows
	RuleKeyMissing    Rule = "request-key-missing"
	RuleKeyEmpty      Rule = "request-key-empty"
	RuleKeyTwice      Rule = "request-key-repeated"
	RuleRequestBody   Rule = "request-body"       // a body where none is documented
	RuleQuery         Rule = "request-query"      // a query where none is documented
	RuleKeyElsewhere  Rule = "request-key-leaked" // a key outside its own header: in the URL or another header
	RuleRedirected    Rule = "request-redirected" // sent because an answer said so: keys and effect go where nobody decided
	RulePlaintext     Rule = "request-plaintext"  // keys over http to a host that is not loopback
)

// What an answer is judged by.
const (
	RuleNoResponse     Rule = "response-none"             // the handler panicked, aborted or took the connection over
	RuleStatus         Rule = "response-status"           // not documented for the operation
	RuleAccepted       Rule = "response-accepted"         // 2xx to a request that breaks a rule
	RuleContentType    Rule = "response-content-type"     // missing, repeated or not documented
	RuleBodyUnexpected Rule = "response-body-unexpected"  // a body where none is documented
	RuleBodyMissing    Rule = "response-body-missing"     // no body where one is documented
	RuleBodyTooLarge   Rule = "response-body-too-large"   // more than MaxBody, or MaxStrictBody
	RuleTruncated      Rule = "response-truncated"        // not as many bytes as announced
	RuleJSON           Rule = "response-json"             // not JSON
	RuleJSONTrailing   Rule = "response-json-trailing"    // something after the first JSON value
	RuleDuplicateKey   Rule = "response-duplicate-key"    // an object names one key twice
	RuleUndocumented   Rule = "response-undocumented-key" // a key that the schema does not allow, wrong case included
	RuleSchema         Rule = "response-schema"           // a value that the schema does not allow
	RuleKeyEchoed      Rule = "response-key-echoed"       // a key of the request in the answer
	RuleInternalText   Rule = "response-internal-text"    // Strict: what only the server's own log should hold
	RuleAllow          Rule = "response-allow"            // Strict: 405 without Allow
	RuleRetryAfter     Rule = "response-retry-after"      // Strict: 429 or 503 without a Retry-After in whole seconds
)

// A Violation is one broken rule. It describes what was found and never quotes
// it: no key, no customer id, no account code and no part of a body is in it,
// so it may be logged and published as it is.
type Violation struct {
	Operation string `json:"operation"` // operationId, or "-" when the request belongs to none
	Place     string `json:"place"`     // such as "request header x-account-code", "response body /messages/0"
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
