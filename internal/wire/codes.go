package wire

// Codes of error bodies, each with the status that it is sent with. All but
// CodeServiceUnavailable are documented by Yuno ("HTTP Response Codes"); Yuno
// documents no code for 503.
const (
	CodeInvalidRequest        = "INVALID_REQUEST"        // 400
	CodeInvalidParameters     = "INVALID_PARAMETERS"     // 400
	CodeMissingParameters     = "MISSING_PARAMETERS"     // 400
	CodeInvalidAccountID      = "INVALID_ACCOUNT_ID"     // 400
	CodeBadRequest            = "BAD_REQUEST"            // 400
	CodeCustomerNotFound      = "CUSTOMER_NOT_FOUND"     // 400, not 404
	CodeNotFound              = "NOT_FOUND"              // 400 at Yuno, and 404 for a customer that cannot be retrieved; 404 from package server, for an unknown path
	CodeInvalidCredentials    = "INVALID_CREDENTIALS"    // 401
	CodeExpiredCredentials    = "EXPIRED_CREDENTIALS"    // 401
	CodeUnknownIPAddress      = "UNKNOWN_IP_ADDRESS"     // 401
	CodeInvalidToken          = "INVALID_TOKEN"          // 401
	CodeAuthorizationRequired = "AUTHORIZATION_REQUIRED" // 403
	CodeUnsupportedMethod     = "UNSUPPORTED_METHOD"     // 405
	CodeTooManyRequests       = "TOO_MANY_REQUESTS"      // 429
	CodeInternalError         = "INTERNAL_ERROR"         // 500
	CodeServiceUnavailable    = "SERVICE_UNAVAILABLE"    // 503
	CodeRequestTimeout        = "REQUEST_TIMEOUT"        // 504
)

// IsKnownCode reports whether code is one of the codes above. Any other text in
// that place may be personal data or a secret.
func IsKnownCode(code string) bool {
	switch code {
	case CodeInvalidRequest, CodeInvalidParameters, CodeMissingParameters, CodeInvalidAccountID,
		CodeBadRequest, CodeCustomerNotFound, CodeNotFound, CodeInvalidCredentials,
		CodeExpiredCredentials, CodeUnknownIPAddress, CodeInvalidToken, CodeAuthorizationRequired,
		CodeUnsupportedMethod, CodeTooManyRequests, CodeInternalError, CodeServiceUnavailable,
		CodeRequestTimeout:
		return true
	}
	return false
}
