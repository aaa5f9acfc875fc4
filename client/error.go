package client

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Sentinel errors, for [errors.Is]. A response matches at most one of
// ErrCustomerNotFound to ErrRedirect.
var (
	// ErrInvalidArgument: an argument or an option is invalid. Nothing was sent.
	ErrInvalidArgument = errors.New("invalid argument")

	// ErrCustomerNotFound: the account has no such customer (any 4xx with the
	// code CUSTOMER_NOT_FOUND; Yuno documents 400; when retrieving a customer, also
	// 404 with the code NOT_FOUND). Erasing a customer a second time also gets this
	// error; see Error.MayHaveApplied.
	ErrCustomerNotFound = errors.New("customer not found")

	// ErrBadRequest: any other 4xx that has no sentinel of its own. The same
	// request will fail again.
	ErrBadRequest = errors.New("bad request")

	// ErrUnauthorized: 401; the keys are wrong or expired, or the caller's IP
	// address is not on the account's list.
	ErrUnauthorized = errors.New("unauthorized")

	// ErrForbidden: 403; the keys do not give access to this account.
	ErrForbidden = errors.New("forbidden")

	// ErrRateLimited: 429; see Error.RetryAfter.
	ErrRateLimited = errors.New("rate limited")

	// ErrServer: 5xx or 408. The same request may succeed later.
	ErrServer = errors.New("server error")

	// ErrRedirect: 3xx. Redirects are never followed: net/http would turn
	// DELETE into GET and send the keys along. The base URL is probably wrong.
	// Without a status: middleware or the transport of WithHTTPClient follows
	// redirects by itself; if MayHaveApplied is set, the transport has sent a
	// request of its own.
	ErrRedirect = errors.New("redirected")

	// ErrUnexpectedBody: a 200 whose body is not the customer that was asked for: of
	// another id, with a field twice, or no JSON object with the fields of a customer.
	// Error.Body is nil, since it may be the data of somebody else.
	ErrUnexpectedBody = errors.New("the body is not the requested customer")

	// ErrOtherCustomer: an [ErrUnexpectedBody] that does name somebody: a customer with
	// another id than the one that was asked for, or a list. Whose id it is is then in
	// doubt, and nobody should be erased because of it.
	ErrOtherCustomer = fmt.Errorf("%w: it names others", ErrUnexpectedBody)

	// ErrProxy: the proxy cannot be reached, or does not connect to the server.
	// Nothing was sent to the server.
	ErrProxy = errors.New("proxy failed")

	// ErrTLS: TLS failed, because of a certificate, a version or an alert, or because
	// the connection broke, was too slow or does not speak TLS. Nothing was sent, unless
	// an alert ended an established connection; then Error.MayHaveApplied is set. With
	// ErrProxy, it is TLS to the proxy that failed.
	ErrTLS = errors.New("TLS failed")

	// ErrTooLarge: the response body exceeds 64 KiB. Error.StatusCode is set, and
	// Error.Body is nil. With 202 the erasure was probably accepted, but not by a
	// server that follows the contract, whose 202 has no body: MayHaveApplied is
	// set.
	ErrTooLarge = errors.New("response body exceeds 64 KiB")
)

// Error is the error of every call that was no success. It matches the sentinel errors
// of this package by status and code, and wraps Err.
type Error struct {
	// Response is that of the last attempt.
	Response

	// Code is Yuno's error code, such as "INVALID_REQUEST", and Messages are its
	// texts for people. Both are empty if the body contains none. They are read
	// from every form of body that Yuno documents. A code that not every reader of
	// the body would find is none: one in a duplicate key, in "CODE", beside another
	// code, or in a body declared as text.
	Code     string
	Messages []string

	// RetryAfter is the wait that the server asked for, 0 if it did not. It is
	// never negative.
	RetryAfter time.Duration

	// MayHaveApplied reports that the erasure may have been accepted in spite of
	// this error: a request was sent and its response was lost, was 5xx or 408,
	// or was a success that the contract does not define. It is never set for a call
	// that only reads.
	//
	// With ErrCustomerNotFound it means that an earlier attempt of this call
	// probably erased the customer. The customer may also never have existed, so
	// consider where the id comes from: if Yuno issued the id and no other
	// process erases it, the customer is erased. With any other error, call
	// DeleteCustomer again later. This does no harm, and CUSTOMER_NOT_FOUND is
	// then the likely response after a success.
	MayHaveApplied bool

	// Err is why there is no response, or no complete one: a transport error, the
	// context's error, [ErrTooLarge] or [ErrInvalidArgument]. It is nil if status
	// and code are the whole reason.
	//
	// The customer id, the API keys and URLs are replaced in its text. It still
	// matches the same errors.
	Err error `json:"-"`

	bodyText string     // Body as Error shows it; "": unchanged
	op       *operation // nil: deleteCustomer
}

// Unwrap returns Err.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Is reports whether target is the sentinel error for the status and code.
func (e *Error) Is(target error) bool {
	class := e.class()
	return class != nil && target == class
}

func (e *Error) operation() *operation {
	if e.op == nil {
		return &deleteCustomer
	}
	return e.op
}

// class returns the sentinel error for the status and code: nil if there was no
// response, and for statuses other than 3xx, 4xx and 5xx.
func (e *Error) class() error {
	if e == nil {
		return nil
	}
	switch status := e.StatusCode; {
	case redirects(status):
		return ErrRedirect
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusRequestTimeout || status >= 500:
		return ErrServer
	case e.operation().lacksCustomer(status, e.Code):
		return ErrCustomerNotFound
	case status >= 400:
		return ErrBadRequest
	}
	return nil
}

// Format writes [Error.Error] for every verb. Without it, %+v and %d would print
// the fields, and the embedded Response would format all other verbs.
func (e *Error) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, e.Error()) }

// LogValue implements [slog.LogValuer].
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }
