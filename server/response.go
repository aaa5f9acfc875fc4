package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

// maxResponse is the largest body of an implementation's response, in bytes.
// Clients are free to stop reading there.
const maxResponse = 64 << 10

// documented are the statuses that an implementation may answer with an error
// body. 404 and 405 are about paths and methods, which it does not see.
var documented = map[int]bool{
	http.StatusBadRequest:          true,
	http.StatusUnauthorized:        true,
	http.StatusForbidden:           true,
	http.StatusTooManyRequests:     true,
	http.StatusInternalServerError: true,
	http.StatusServiceUnavailable:  true,
	http.StatusGatewayTimeout:      true,
}

// answerOf turns an implementation's response into the answer to send, or fails
// if the contract does not document that response.
//
// The response is rendered aside and judged by what it renders, so a type that is
// not generated may be returned for what the generator has no type for, such as a
// 503 with Retry-After. Only status, code and messages are taken over, and the
// Retry-After of a 429 or 503.
func answerOf(response api.DeleteCustomerResponseObject) (answer, error) {
	if response == nil {
		return answer{}, errors.New("the implementation returned neither a response nor an error")
	}
	var rec recorder
	if err := response.VisitDeleteCustomerResponse(&rec); err != nil {
		return answer{}, fmt.Errorf("rendering %T: %w", response, err)
	}
	switch {
	case rec.size > maxResponse:
		return answer{}, fmt.Errorf("%T has a body of %d bytes, more than %d", response, rec.size, maxResponse)
	case rec.status == http.StatusAccepted && rec.size == 0:
		return answer{status: http.StatusAccepted}, nil
	case rec.status == http.StatusAccepted:
		return answer{}, fmt.Errorf("%T has a body, which a 202 must not have", response)
	case !documented[rec.status]:
		return answer{}, fmt.Errorf("%T has status %d, which is not documented", response, rec.status)
	}
	var body api.Error
	if err := json.Unmarshal(rec.body, &body); err != nil {
		// The decoder's message quotes the body, which is not ours to log.
		return answer{}, fmt.Errorf("%T with status %d has a body that is not an error in JSON", response, rec.status)
	}
	if body.Code == "" || len(body.Messages) == 0 {
		return answer{}, fmt.Errorf("%T with status %d lacks a code or a message", response, rec.status)
	}
	for _, message := range body.Messages {
		if message == "" {
			return answer{}, fmt.Errorf("%T with status %d has an empty message", response, rec.status)
		}
	}
	a := refusal(rec.status, body.Code, body.Messages...)
	if len(a.body) > maxResponse { // encoding/json escapes <, > and &
		return answer{}, fmt.Errorf("%T has a body of %d bytes when encoded, more than %d", response, len(a.body), maxResponse)
	}
	if rec.status != http.StatusTooManyRequests && rec.status != http.StatusServiceUnavailable {
		return a, nil
	}
	wait, err := retryAfter(rec.header)
	if err != nil {
		return answer{}, fmt.Errorf("%T with status %d %w", response, rec.status, err)
	}
	return a.after(wait), nil
}

// retryAfter returns the Retry-After of a response, or retryLater if it has none. The
// other form, a date (RFC 9110, section 10.2.3), is wrong by as much as two clocks are
// apart, so this contract has whole seconds only.
func retryAfter(header http.Header) (time.Duration, error) {
	values := header.Values("Retry-After")
	if len(values) == 0 {
		return retryLater, nil
	}
	seconds, err := strconv.ParseUint(values[0], 10, 31)
	if err != nil || len(values) > 1 {
		return 0, errors.New("has a Retry-After that is not one number of whole seconds")
	}
	return time.Duration(seconds) * time.Second, nil
}

// recorder is a ResponseWriter that keeps what a response renders, up to
// maxResponse bytes of it. The zero value is ready for use.
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
