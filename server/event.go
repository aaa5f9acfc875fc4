package server

import (
	"context"
	"time"
)

// StatusClientGone is the status in an [Event] for a client that closed the
// connection before its answer was known; the connection is closed without one.
const StatusClientGone = 499

// Event is one finished request, for metrics. It holds nothing about who asked
// or about whom.
type Event struct {
	// Route is the path template, such as /v1/customers/{customer_id}, or "" for
	// a path that does not exist: unknown paths must not become metric labels.
	Route string

	// Status is the status of the answer, or [StatusClientGone].
	Status int

	// Code is the code in the body of an error, else "".
	Code string

	// Duration runs from the call of the handler to the last byte handed to
	// net/http.
	Duration time.Duration

	// RequestID is the X-Request-Id of the answer.
	RequestID string
}

// tell calls the observer. One that panics must not cost the answer, which net/http
// still holds in its buffer.
func (h *handler) tell(ctx context.Context, e Event) {
	defer func() {
		if p := recover(); p != nil {
			h.logCause(ctx, internalError.because(newPanicError(p)), e.RequestID)
		}
	}()
	h.observe(ctx, e)
}
