package server

import (
	"context"
	"time"
)

// StatusClientGone is the status in an [Event] for a client that closed the
// connection before its response was known. Nothing is sent to such a client.
const StatusClientGone = 499

// Event is one finished request, for metrics. It contains no personal data and no
// credentials.
type Event struct {
	// Route is the path template, such as /v1/customers/{customer_id}, or "" for
	// a path that does not exist: unknown paths must not become metric labels.
	Route string

	// Method is the HTTP method, or "" if the route does not have it.
	Method string

	// Status is the status of the response, or [StatusClientGone].
	Status int

	// Code is the code in the body of an error response, or "" without a body.
	Code string

	// Duration is the time from the call of the handler until the last byte of the
	// response was handed to net/http.
	Duration time.Duration

	// RequestID is the X-Request-Id of the response.
	RequestID string
}

// reportEvent calls the observer. A panic there must not cost the client its
// response, which net/http still has in its buffer.
func (h *handler) reportEvent(ctx context.Context, e Event) {
	defer func() {
		if p := recover(); p != nil {
			h.logCause(ctx, internalError.withCause(newPanicError(p)), e.RequestID)
		}
	}()
	h.observe(ctx, e)
}
