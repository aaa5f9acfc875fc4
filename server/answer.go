package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

// retryLater is about what a restart, a load balancer's next look or a database's
// bad moment takes: the Retry-After of answers that know no better.
const retryLater = 5 * time.Second

// answer is a whole answer, before any of it is written.
type answer struct {
	status     int
	code       string // "" without a body
	body       []byte
	allow      string // the Allow header of a 405
	retryAfter string // the Retry-After header
	cause      error  // what to log; none of it is in the body
}

// The answers that do not depend on the request. None says which of two keys was
// wrong, or whether an account exists.
var (
	notFound           = refusal(http.StatusNotFound, CodeNotFound, "Not found.")
	unsupportedMethod  = refusal(http.StatusMethodNotAllowed, CodeUnsupportedMethod, "Unsupported method.").allowing(http.MethodDelete)
	invalidCredentials = refusal(http.StatusUnauthorized, CodeInvalidCredentials, "Invalid credentials.")
	expiredCredentials = refusal(http.StatusUnauthorized, CodeExpiredCredentials, "Expired credentials.")
	otherAccount       = refusal(http.StatusForbidden, CodeAuthorizationRequired, "These credentials give no access to this account.")
	missingAccount     = refusal(http.StatusBadRequest, CodeMissingParameters, "x-account-code is required.")
	repeatedAccount    = refusal(http.StatusBadRequest, CodeInvalidParameters, "x-account-code must be sent once.")
	invalidAccount     = refusal(http.StatusBadRequest, CodeInvalidAccountID, "x-account-code must be a UUID of 36 characters.")
	invalidCustomer    = refusal(http.StatusBadRequest, CodeInvalidParameters, "customer_id is not valid.")
	unexpectedBody     = refusal(http.StatusBadRequest, CodeInvalidRequest, "The request must have no body.")
	tooManyRequests    = refusal(http.StatusTooManyRequests, CodeTooManyRequests, "Too many requests.")
	internalError      = refusal(http.StatusInternalServerError, CodeInternalError, "Internal error.")
	unavailable        = refusal(http.StatusServiceUnavailable, CodeServiceUnavailable, "Service unavailable.")
	requestTimeout     = refusal(http.StatusGatewayTimeout, CodeRequestTimeout, "Request timeout.")

	// clientGone has no body: there is nobody to read it.
	clientGone = answer{status: StatusClientGone}
)

// refusal returns an error answer. Both strings are ours or have been checked, and
// strings always encode.
func refusal(status int, code string, messages ...string) answer {
	body, _ := json.Marshal(api.Error{Code: code, Messages: messages})
	return answer{status: status, code: code, body: body}
}

func (a answer) allowing(method string) answer {
	a.allow = method
	return a
}

// after asks the client to come back in d, rounded up: a client that comes back
// early is refused again.
func (a answer) after(d time.Duration) answer {
	seconds := int64(d / time.Second)
	if d%time.Second > 0 {
		seconds++
	}
	a.retryAfter = strconv.FormatInt(seconds, 10)
	return a
}

func (a answer) because(cause error) answer {
	a.cause = cause
	return a
}

// write sends the answer. A failed write means that the client is gone, and there
// is nobody left to tell.
func (a answer) write(w http.ResponseWriter, requestID string) {
	header := w.Header()
	header.Set(requestIDHeader, requestID)
	if a.allow != "" {
		header.Set("Allow", a.allow)
	}
	if a.retryAfter != "" {
		header.Set("Retry-After", a.retryAfter)
	}
	if a.body != nil {
		header.Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.status)
	if a.body != nil {
		_, _ = w.Write(a.body)
	}
}
