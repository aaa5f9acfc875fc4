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

// await calls decide in a goroutine of its own, so that an implementation that ignores
// its context is answered for in time. What it returns is a value: nothing of the
// HTTP exchange is shared with a goroutine that was given up. ctx is the client's
// context with the deadline.
func (h *handler) await(client, ctx context.Context, req request, decide func(*handler, context.Context, request) answer) answer {
	if h.calls.Add(1) > h.maxCalls {
		h.calls.Add(-1)
		return unavailable.after(retryLater).because(errTooManyCalls)
	}
	done := make(chan answer)
	givenUp := make(chan struct{})

	go func() {
		// Stands if decide does not return: runtime.Goexit, as in testing.T.FailNow.
		a := internalError.because(errGoexit)
		defer func() {
			if p := recover(); p != nil {
				a = internalError.because(newPanicError(p))
			}
			h.calls.Add(-1)
			select {
			case done <- a:
			case <-givenUp:
				h.logLate(ctx, a)
				drainOf(ctx).addLate(-1)
			}
		}()
		a = decide(h, ctx, req)
	}()

	a, timedOut := receive(ctx, done)
	if timedOut {
		drainOf(ctx).addLate(1)
		close(givenUp)
		return requestTimeout.because(context.DeadlineExceeded)
	}
	return a.inView(client, ctx)
}

// receive waits for the answer until the deadline of ctx. A client that goes away
// does not end the wait: the implementation was told, and what it did about it is
// worth knowing.
func receive(ctx context.Context, done <-chan answer) (a answer, timedOut bool) {
	select {
	case a = <-done:
		return a, false
	case <-ctx.Done():
	}
	// Either the deadline has passed, and only an answer that is there already
	// counts, or the client is gone, and the deadline is still to come.
	deadline, _ := ctx.Deadline()
	left := time.NewTimer(time.Until(deadline))
	defer left.Stop()
	select {
	case a = <-done:
		return a, false
	case <-left.C:
		return answer{}, true
	}
}

// inView returns what a failure comes to when the client is gone or the deadline has
// passed: the implementation's error then says no more than that it gave up.
func (a answer) inView(client, deadline context.Context) answer {
	switch {
	case a.cause == nil:
		return a
	case errors.Is(client.Err(), context.Canceled):
		return clientGone.because(a.cause)
	case deadline.Err() != nil:
		return requestTimeout.because(a.cause)
	}
	return a
}
