package server

import (
	"context"
	"errors"
	"time"
)

var (
	errGoexit       = errors.New("the implementation ended its goroutine")
	errTooManyCalls = errors.New("too many calls in progress")
)

// await runs step in its own goroutine, so that the request is responded to on time
// even if the implementation ignores its context. A step that is abandoned keeps
// running, so it must not touch the HTTP exchange: it gets copies and returns a
// value. client is the context of the client, and ctx the same with the deadline.
func (h *handler) await(client, ctx context.Context, step func(context.Context) response) response {
	if h.calls.Add(1) > h.maxCalls {
		h.calls.Add(-1)
		return unavailable.withRetryAfter(retryLater).withCause(errTooManyCalls)
	}
	done := make(chan response)
	abandoned := make(chan struct{})

	go func() {
		// Kept if step does not return: runtime.Goexit, as in testing.T.FailNow.
		resp := internalError.withCause(errGoexit)
		defer func() {
			if p := recover(); p != nil {
				resp = internalError.withCause(newPanicError(p))
			}
			h.calls.Add(-1)
			select {
			case done <- resp:
			case <-abandoned:
				h.logLate(ctx, resp)
				drainOf(ctx).addLate(-1)
			}
		}()
		resp = step(ctx)
	}()

	resp, timedOut := receive(ctx, done)
	if timedOut {
		drainOf(ctx).addLate(1)
		close(abandoned)
		return requestTimeout.withCause(context.DeadlineExceeded)
	}
	return resp.adjustFailure(client, ctx)
}

// receive waits for the response until the deadline of ctx. It keeps waiting when the
// client disconnects: that ends the implementation's context, but its outcome still
// belongs in logs and metrics.
func receive(ctx context.Context, done <-chan response) (resp response, timedOut bool) {
	select {
	case resp = <-done:
		return resp, false
	case <-ctx.Done():
	}
	// Either the deadline has passed, and only a response that is ready now counts,
	// or the client is gone, and the deadline is still to come.
	deadline, _ := ctx.Deadline()
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case resp = <-done:
		return resp, false
	case <-timer.C:
		return response{}, true
	}
}

// adjustFailure replaces the status of a failure if the client is gone or the
// deadline has passed: the implementation's error then says only that it gave up.
func (resp response) adjustFailure(client, deadline context.Context) response {
	switch {
	case resp.cause == nil:
		return resp
	case errors.Is(client.Err(), context.Canceled):
		return clientGone.withCause(resp.cause)
	case deadline.Err() != nil:
		return requestTimeout.withCause(resp.cause)
	}
	return resp
}
