package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// retryLater is the Retry-After of responses that know no better time: about as long
// as a restart, the next health check of a load balancer or a slow moment of a
// database takes.
const retryLater = 5 * time.Second

// response is a whole response before any of it is written.
type response struct {
	status     int
	code       string // "" without a body
	body       []byte
	allow      string // the Allow header of a 405
	retryAfter string // the Retry-After header
	earlier    string // the ErasureStateHeader
	cause      error  // logged, and never part of the body
	holdFor    time.Duration
}

// The responses that do not depend on the request. None says which of two keys was
// wrong, or whether an account exists.
var (
	notFound           = errorResponse(http.StatusNotFound, CodeNotFound, "Not found.")
	unsupportedMethod  = errorResponse(http.StatusMethodNotAllowed, CodeUnsupportedMethod, "Unsupported method.")
	invalidCredentials = errorResponse(http.StatusUnauthorized, CodeInvalidCredentials, "Invalid credentials.")
	expiredCredentials = errorResponse(http.StatusUnauthorized, CodeExpiredCredentials, "Expired credentials.")
	otherAccount       = errorResponse(http.StatusForbidden, CodeAuthorizationRequired, "These credentials give no access to this account.")
	invalidAccount     = errorResponse(http.StatusBadRequest, CodeInvalidAccountID, "x-account-code must be a UUID of 36 characters.")
	invalidCustomer    = errorResponse(http.StatusBadRequest, CodeInvalidParameters, "customer_id is not valid.")
	unexpectedBody     = errorResponse(http.StatusBadRequest, CodeInvalidRequest, "The request must have no body.")
	ambiguousLength    = errorResponse(http.StatusBadRequest, CodeInvalidRequest, "Content-Length and Transfer-Encoding exclude each other.")
	tooManyRequests    = errorResponse(http.StatusTooManyRequests, CodeTooManyRequests, "Too many requests.")
	internalError      = errorResponse(http.StatusInternalServerError, CodeInternalError, "Internal error.")
	unavailable        = errorResponse(http.StatusServiceUnavailable, CodeServiceUnavailable, "Service unavailable.")
	requestTimeout     = errorResponse(http.StatusGatewayTimeout, CodeRequestTimeout, "Request timeout.")

	// clientGone has no body, because it is never sent.
	clientGone = response{status: StatusClientGone}
)

// errorResponse returns a response with an error body. Strings always encode, so
// there is no error to return.
func errorResponse(status int, code string, messages ...string) response {
	body, _ := json.Marshal(api.Error{Code: code, Messages: messages})
	return response{status: status, code: code, body: body}
}

func (resp response) withAllow(methods string) response {
	resp.allow = methods
	return resp
}

// withRetryAfter asks the client to wait for d, rounded up: a client that comes back
// too early is refused again.
func (resp response) withRetryAfter(d time.Duration) response {
	resp.retryAfter = wire.FormatRetryAfter(d)
	return resp
}

func (resp response) withCause(cause error) response {
	resp.cause = cause
	return resp
}

// withHold makes the request take at least d.
func (resp response) withHold(d time.Duration) response {
	resp.holdFor = d
	return resp
}

// write sends the response. A failed write means that the client is gone, which the
// server can do nothing about.
func (resp response) write(w http.ResponseWriter, r *http.Request, requestID string) {
	header := w.Header()
	header.Set(requestIDHeader, requestID)
	if resp.status == http.StatusMethodNotAllowed {
		header.Set("Allow", resp.allow) // empty if the path has no other method
	}
	if r.Method == http.MethodGet {
		header.Set("Cache-Control", "no-store") // personal data
	}
	if resp.retryAfter != "" {
		header.Set("Retry-After", resp.retryAfter)
	}
	if resp.earlier != "" {
		header.Set(ErasureStateHeader, resp.earlier)
	}
	if resp.body != nil {
		header.Set("Content-Type", "application/json")
	}
	w.WriteHeader(resp.status)
	if resp.body != nil {
		_, _ = w.Write(resp.body)
	}
}

// maxResponse is the largest body of an implementation's response, in bytes. Clients
// may stop reading there.
const maxResponse = 64 << 10

// retryAfter returns the Retry-After of a response, or retryLater if it has none. The
// other form, a date (RFC 9110, section 10.2.3), is wrong by as much as two clocks are
// apart, so this contract has whole seconds only.
func retryAfter(header http.Header) (time.Duration, error) {
	values := header.Values("Retry-After")
	if len(values) == 0 {
		return retryLater, nil
	}
	wait, ok := wire.ParseDelay(values[0])
	if !ok || wait%time.Second != 0 || len(values) > 1 {
		return 0, errors.New("has a Retry-After that is not one number of whole seconds")
	}
	return wait, nil
}

// ErasureStateHeader is a header of this project, which Yuno does not send. An
// implementation may give it to a 400 CUSTOMER_NOT_FOUND, if the account has erased this
// customer before: it is the state of that erasure, one word of lower-case letters and
// underscores such as "attention_required". It is passed on with that response only. The
// account code of the request must own the erasure: to others, the customer is unknown.
const ErasureStateHeader = "X-Erasure-State"

// earlierState returns the ErasureStateHeader of a response, or "" if it has none.
func earlierState(header http.Header) (string, error) {
	values := header.Values(ErasureStateHeader)
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 || values[0] == "" || len(values[0]) > 64 || strings.Trim(values[0], "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "", fmt.Errorf("has an %s that is not one word", ErasureStateHeader)
	}
	return values[0], nil
}

// recorder is a ResponseWriter that keeps what a response renders, up to maxResponse
// bytes of the body. The zero value is ready for use.
type recorder struct {
	header http.Header
	status int
	body   []byte
	size   int
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = make(http.Header)
	}
	return r.header
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.size += len(p)
	if r.size <= maxResponse {
		r.body = append(r.body, p...)
	}
	return len(p), nil
}

// empty returns the response without a body that was recorded.
func (r *recorder) empty() (response, error) {
	if r.size > 0 {
		return response{}, errors.New("has a body, which must be empty")
	}
	return response{status: r.status}, nil
}

// customer returns the response with a customer that was recorded.
func (r *recorder) customer() (response, error) {
	var customer *api.Customer
	if err := json.Unmarshal(r.body, &customer); err != nil || customer == nil {
		return response{}, errors.New("has a body that is not a customer in JSON")
	}
	body, err := json.Marshal(customer)
	if err != nil {
		return response{}, errors.New("has a customer that cannot be encoded")
	}
	if len(body) > maxResponse {
		return response{}, fmt.Errorf("has a body of %d bytes when encoded, more than %d", len(body), maxResponse)
	}
	return response{status: r.status, body: body}, nil
}

// errorResponse returns the error response that was recorded. Its errors continue a
// sentence about the object that was rendered.
func (r *recorder) errorResponse() (response, error) {
	var body api.Error
	err := json.Unmarshal(r.body, &body)
	if err != nil {
		// The decoder's message quotes the body, which must not be logged.
		return response{}, errors.New("has a body that is not an error in JSON")
	}
	if body.Code == "" || len(body.Messages) == 0 {
		return response{}, errors.New("lacks a code or a message")
	}
	if slices.Contains(body.Messages, "") {
		return response{}, errors.New("has an empty message")
	}
	resp := errorResponse(r.status, body.Code, body.Messages...)
	if len(resp.body) > maxResponse { // encoding/json escapes <, > and &
		return response{}, fmt.Errorf("has a body of %d bytes when encoded, more than %d", len(resp.body), maxResponse)
	}
	if r.status == http.StatusBadRequest && body.Code == CodeCustomerNotFound {
		resp.earlier, err = earlierState(r.header)
		return resp, err
	}
	if r.status != http.StatusTooManyRequests && r.status != http.StatusServiceUnavailable {
		return resp, nil
	}
	wait, err := retryAfter(r.header)
	if err != nil {
		return response{}, err
	}
	return resp.withRetryAfter(wait), nil
}
