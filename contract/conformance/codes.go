package conformance

import "github.com/yuno-community/yuno-customers/internal/wire"

// The error codes that the suite expects, under shorter names.
const (
	codeInvalidRequest   = wire.CodeInvalidRequest
	codeInvalidParam     = wire.CodeInvalidParameters
	codeMissingParam     = wire.CodeMissingParameters
	codeInvalidAccount   = wire.CodeInvalidAccountID
	codeBadRequest       = wire.CodeBadRequest
	codeCustomerNotFound = wire.CodeCustomerNotFound
	codeNotFound         = wire.CodeNotFound
	codeInvalidKeys      = wire.CodeInvalidCredentials
	codeOtherAccount     = wire.CodeAuthorizationRequired
	codeMethod           = wire.CodeUnsupportedMethod
)

// codeName returns a code for printing. Unknown codes are not printed, because they may
// contain anything.
func codeName(code string) string {
	switch {
	case code == "":
		return "no code"
	case wire.IsKnownCode(code):
		return code
	}
	return "another code"
}
