package server

// Codes of the error bodies, for use in the responses of an implementation too.
// All but CodeServiceUnavailable are documented by Yuno ("HTTP Response Codes");
// no page of Yuno's gives a code for 503.
const (
	CodeInvalidRequest        = "INVALID_REQUEST"        // 400
	CodeInvalidParameters     = "INVALID_PARAMETERS"     // 400
	CodeMissingParameters     = "MISSING_PARAMETERS"     // 400
	CodeInvalidAccountID      = "INVALID_ACCOUNT_ID"     // 400
	CodeCustomerNotFound      = "CUSTOMER_NOT_FOUND"     // 400, not 404
	CodeInvalidCredentials    = "INVALID_CREDENTIALS"    // 401
	CodeExpiredCredentials    = "EXPIRED_CREDENTIALS"    // 401
	CodeAuthorizationRequired = "AUTHORIZATION_REQUIRED" // 403
	CodeNotFound              = "NOT_FOUND"              // 404
	CodeUnsupportedMethod     = "UNSUPPORTED_METHOD"     // 405
	CodeTooManyRequests       = "TOO_MANY_REQUESTS"      // 429
	CodeInternalError         = "INTERNAL_ERROR"         // 500
	CodeServiceUnavailable    = "SERVICE_UNAVAILABLE"    // 503
	CodeRequestTimeout        = "REQUEST_TIMEOUT"        // 504
)
