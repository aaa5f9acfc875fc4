package bulkdelete

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// reportOverload tells the pace of every answer 429 and 503, those that the
// client retries by itself included.
func reportOverload(pace *bulk.Pace) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			answer, err := next.RoundTrip(r)
			if err == nil && (answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable) {
				pace.Throttled(min(retryAfter(answer.Header), maxPause))
			}
			return answer, err
		})
	}
}

// retryAfter is how long an answer asks to wait, in seconds or until a time
// (RFC 9110, 10.2.3).
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if until, err := http.ParseTime(value); err == nil {
		return max(time.Until(until), 0)
	}
	return 0
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

const (
	// maxPause bounds how long one Retry-After can stop a batch.
	maxPause = 15 * time.Minute
	// maxPatience is how often one id is tried again after the client gave up
	// because the other side was overloaded.
	maxPatience = 3
)

// eraser erases one customer with the client, and waits with it while the other
// side is overloaded. When run ends it waits no longer.
func eraser(run context.Context, yuno *client.Client, pace *bulk.Pace) bulk.EraseFunc {
	return func(ctx context.Context, id string) bulk.Result {
		var result bulk.Result
		mayHaveApplied := false
		for try := 1; ; try++ {
			if try > 1 && pace.Wait(run) != nil {
				break // the last answer stands
			}
			var answer client.Response
			err := yuno.DeleteCustomer(ctx, id, client.WithResponse(&answer))
			result.Attempts += answer.Attempts
			result.Status, result.RequestID, result.Code = answer.StatusCode, answer.Header.Get("X-Request-Id"), ""
			var failure *client.Error
			if errors.As(err, &failure) {
				result.Code = codeOf(failure)
				mayHaveApplied = mayHaveApplied || failure.MayHaveApplied
			}
			result.Outcome = outcomeOf(err, mayHaveApplied)
			overloaded := answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable
			if !overloaded || try == maxPatience || ctx.Err() != nil {
				break
			}
			pace.Throttled(min(failure.RetryAfter, maxPause))
		}
		return result
	}
}

// codeOf is the code of an answer, or says why there is none.
func codeOf(e *client.Error) string {
	if e.StatusCode != 0 {
		return printable(e.Code)
	}
	return causeOf(e)
}

// causeOf classes why there is no answer. The error's own text may hold addresses
// of the network, and goes into no report.
func causeOf(err error) string {
	var (
		timeout     net.Error
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		hostname    x509.HostnameError
		record      tls.RecordHeaderError
		alert       tls.AlertError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "broken_off"
	case errors.As(err, &name) && name.IsNotFound:
		return "no_such_host"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &name):
		return "host_lookup_failed"
	case errors.As(err, &certificate), errors.As(err, &hostname), errors.As(err, &record), errors.As(err, &alert):
		return "tls_failed"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection_refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection_lost"
	}
	return "no_answer"
}

// printable is what a terminal shows of a server's text, and does not obey; as much
// of it as a code can be.
func printable(text string) string {
	const most = 64
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func outcomeOf(err error, mayHaveApplied bool) bulk.Outcome {
	switch {
	case err == nil:
		return bulk.Accepted
	case mayHaveApplied:
		return bulk.MaybeDeleted
	case errors.Is(err, client.ErrCustomerNotFound):
		return bulk.NotFound
	case errors.Is(err, client.ErrInvalidArgument):
		return bulk.Invalid
	}
	return bulk.Failed
}
