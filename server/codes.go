package server

import "github.com/yuno-community/yuno-customers/internal/wire"

// Codes of the error bodies, for use in the responses of an implementation too.
// All but CodeServiceUnavailable are documented by Yuno ("HTTP Response Codes");
// no page of Yuno's gives a code for 503.
const (
	CodeInvalidRequest        = wire.CodeInvalidRequest        // 400
	CodeInvalidParameters     = wire.CodeInvalidParameters     // 400
	CodeMissingParameters     = wire.CodeMissingParameters     // 400
	CodeInvalidAccountID      = wire.CodeInvalidAccountID      // 400
	CodeCustomerNotFound      = wire.CodeCustomerNotFound      // 400, not 404
	CodeInvalidCredentials    = wire.CodeInvalidCredentials    // 401
	CodeExpiredCredentials    = wire.CodeExpiredCredentials    // 401
	CodeAuthorizationRequired = wire.CodeAuthorizationRequired // 403
	CodeNotFound              = wire.CodeNotFound              // 404
	CodeUnsupportedMethod     = wire.CodeUnsupportedMethod     // 405
	CodeTooManyRequests       = wire.CodeTooManyRequests       // 429
	CodeInternalError         = wire.CodeInternalError         // 500
	CodeServiceUnavailable    = wire.CodeServiceUnavailable    // 503
	CodeRequestTimeout        = wire.CodeRequestTimeout        // 504
)
