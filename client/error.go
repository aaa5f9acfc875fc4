package client

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Sentinel errors, for [errors.Is]. What Yuno answered matches at most one of
// ErrCustomerNotFound to ErrRedirect.
var (
	// ErrInvalidArgument: an argument or an option was refused. Nothing was
	// sent.
	ErrInvalidArgument = errors.New("invalid argument")

	// ErrCustomerNotFound: the account has no such customer (any 4xx with the
	// code CUSTOMER_NOT_FOUND; Yuno documents 400). Also what a repeated
	// erasure of the same customer gets; see Error.MayHaveApplied.
	ErrCustomerNotFound = errors.New("customer not found")

	// ErrBadRequest: any other 4xx that has no sentinel of its own. The same
	// request will fail again.
	ErrBadRequest = errors.New("bad request")

	// ErrUnauthorized: 401; the keys are wrong or expired, or the caller's
	// address is not on the account's list.
	ErrUnauthorized = errors.New("unauthorized")

	// ErrForbidden: 403; the keys do not give access to this account.
	ErrForbidden = errors.New("forbidden")

	// ErrRateLimited: 429; see Error.RetryAfter.
	ErrRateLimited = errors.New("rate limited")

	// ErrServer: 5xx or 408. The same request may succeed later.
	ErrServer = errors.New("server error")

	// ErrRedirect: 3xx. Redirects are never followed: net/http would turn
	// DELETE into GET and take the keys along. The base URL is likely wrong.
	// Without a status: middleware or the transport of WithHTTPClient follows
	// redirects by itself; if MayHaveApplied is set, a request of its own was
	// sent.
	ErrRedirect = errors.New("redirected")

	// ErrTooLarge: the body of the answer exceeds 64 KiB. Its status is in
	// Error.StatusCode all the same, its text is dropped. With 202 the erasure
	// was most likely accepted, but by something that does not speak the
	// contract, whose 202 has no body: MayHaveApplied is set.
	ErrTooLarge = errors.New("response body exceeds 64 KiB")
)

// Response is what the last attempt of a call was answered, and how many
// attempts there were. The API keys are replaced by "[redacted]" should Header
// or Body echo them; a header whose name shows one is left out.
type Response struct {
	// StatusCode is 0 if no answer came.
	StatusCode int

	// Attempts counts the requests handed to the transport. It is 0 if the
	// arguments were refused or the context had ended already.
	Attempts int

	Header http.Header

	// Body is nil if it was empty, broke off, or exceeds 64 KiB.
	Body []byte
}

// Format writes status, attempts and the size of the body for every verb.
func (r Response) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, r.summary()) }

// LogValue implements [slog.LogValuer]: headers and body do not belong in logs.
func (r Response) LogValue() slog.Value { return slog.StringValue(r.summary()) }

func (r Response) summary() string {
	return fmt.Sprintf("Response{StatusCode:%d Attempts:%d Body:%d bytes}", r.StatusCode, r.Attempts, len(r.Body))
}

// Error is the error of every call that Yuno did not answer with 202 or 204.
// It matches this package's sentinel errors by status and code, and wraps Err.
type Error struct {
	// Response is the last attempt's.
	Response

	// Code is Yuno's error code, such as "INVALID_REQUEST", and Messages are
	// its texts for people. Both are empty if the body holds none; they are
	// read from every shape that Yuno's documentation shows.
	Code     string
	Messages []string

	// RetryAfter is the wait that the answer asked for, 0 if it named none.
	RetryAfter time.Duration

	// MayHaveApplied is set if the erasure may have been accepted in spite of
	// this error: an attempt was sent and its answer was lost, or was 5xx or
	// 408, or a success that the contract does not know.
	//
	// With ErrCustomerNotFound it means that the customer was most likely
	// erased by an earlier attempt of this very call. It may also never have
	// existed, so check the id's origin rather than the error: an id that Yuno
	// gave you and that nobody else erases is gone, and the erasure is done.
	// With any other error, call DeleteCustomer again later; it does no harm,
	// and CUSTOMER_NOT_FOUND is then the likely answer to success.
	MayHaveApplied bool

	// Err is why there is no answer or no complete one: a transport error, the
	// context's error, [ErrTooLarge], [ErrInvalidArgument]. It is nil if
	// status and code say it all.
	//
	// If its text showed the customer's id, the API keys or a URL, these are
	// replaced in the text. It matches what it matched before.
	Err error `json:"-"`

	bodyText string // Body as Error shows it; "": as it is
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

// class is nil for no answer, and for statuses that are neither 3xx, 4xx nor 5xx.
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
	case status >= 400 && e.Code == wire.CodeCustomerNotFound:
		return ErrCustomerNotFound
	case status >= 400:
		return ErrBadRequest
	}
	return nil
}

// Limits of the server's text in Error, in bytes.
const (
	maxCodeText    = 64
	maxMessageText = 200
	maxMessages    = 3
)

// Error describes the failure in one line. The server's text in it is quoted
// and cut short. The URL of the call and the customer id, if it has at least 8
// bytes, are replaced by "[redacted]".
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	var b strings.Builder
	b.WriteString("delete customer: ")
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, "%d", e.StatusCode)
		if text := http.StatusText(e.StatusCode); text != "" {
			b.WriteString(" " + text)
		}
		e.writeServerText(&b)
	} else if e.Attempts > 0 || e.Err == nil {
		b.WriteString("no answer")
	}
	if e.Err != nil {
		if e.StatusCode != 0 || e.Attempts > 0 {
			b.WriteString(": ")
		}
		b.WriteString(oneLine(e.Err.Error()))
	}
	switch {
	case e.Attempts > 1 && e.MayHaveApplied:
		fmt.Fprintf(&b, " (%d attempts; the erasure may have been accepted)", e.Attempts)
	case e.Attempts > 1:
		fmt.Fprintf(&b, " (%d attempts)", e.Attempts)
	case e.MayHaveApplied:
		b.WriteString(" (the erasure may have been accepted)")
	}
	return b.String()
}

func (e *Error) writeServerText(b *strings.Builder) {
	if e.Code != "" {
		b.WriteString(" " + quote(e.Code, maxCodeText))
	}
	for i, message := range e.Messages {
		if i == maxMessages {
			fmt.Fprintf(b, " and %d more", len(e.Messages)-i)
			break
		}
		b.WriteString(" " + quote(message, maxMessageText))
	}
	if e.Code == "" && len(e.Messages) == 0 && len(e.Body) > 0 {
		b.WriteString(" " + quote(cmp.Or(e.bodyText, string(e.Body)), maxMessageText))
	}
}

// Format writes [Error.Error] for every verb: by default %+v and %d would
// print what is inside, and Response's Format would answer for the rest.
func (e *Error) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, e.Error()) }

// LogValue implements [slog.LogValuer].
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// quote makes text safe for a terminal and a log: it may hold newlines and
// escape sequences.
func quote(text string, limit int) string {
	cut, more := cutText(text, limit)
	return fmt.Sprintf("%q", cut) + more
}

// oneLine quotes text only if it must.
func oneLine(text string) string {
	const limit = 500
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }) {
		return quote(text, limit)
	}
	cut, more := cutText(strings.ReplaceAll(text, "\n", "; "), limit) // errors.Join's newlines
	return cut + more
}

// cutText cuts at a rune's boundary.
func cutText(text string, limit int) (cut, more string) {
	if len(text) <= limit {
		return text, ""
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit], "..."
}
