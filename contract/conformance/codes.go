package conformance

// The error codes that Yuno documents ("HTTP Response Codes") and that this project adds.
const (
	codeInvalidRequest   = "INVALID_REQUEST"
	codeInvalidParam     = "INVALID_PARAMETERS"
	codeMissingParam     = "MISSING_PARAMETERS"
	codeInvalidAccount   = "INVALID_ACCOUNT_ID"
	codeBadRequest       = "BAD_REQUEST"
	codeCustomerNotFound = "CUSTOMER_NOT_FOUND"
	codeNotFound         = "NOT_FOUND"
	codeInvalidKeys      = "INVALID_CREDENTIALS"
	codeOtherAccount     = "AUTHORIZATION_REQUIRED"
	codeMethod           = "UNSUPPORTED_METHOD"
)

// codeName returns a code for printing. Unknown codes are not printed, because they may
// contain anything.
func codeName(code string) string {
	switch code {
	case "":
		return "no code"
	case codeInvalidRequest, codeInvalidParam, codeMissingParam, codeInvalidAccount, codeBadRequest,
		codeCustomerNotFound, codeNotFound, codeInvalidKeys, codeOtherAccount, codeMethod,
		"EXPIRED_CREDENTIALS", "UNKNOWN_IP_ADDRESS", "INVALID_TOKEN", "TOO_MANY_REQUESTS",
		"INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT":
		return code
	}
	return "another code"
}
