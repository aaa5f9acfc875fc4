package client

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	defaultMaxRetries     = 2
	defaultMaxRetryDelay  = 8 * time.Second
	defaultAttemptTimeout = 30 * time.Second

	// firstRetryDelay doubles with each retry.
	firstRetryDelay = 500 * time.Millisecond
)

// retryPolicy is how often a call is repeated and how long it waits in between.
type retryPolicy struct {
	max      int           // retries after the first attempt
	maxDelay time.Duration // longest wait, whether the client or the server asks for it
}

// delay returns how long to wait after the given number of attempts. ok is false
// if the call must end now: there is no retry left, or the wait is longer than
// maxDelay or than the context lives. The caller then gets the last response at
// once, not a timeout later.
func (p retryPolicy) delay(ctx context.Context, attempts int, retryAfter time.Duration) (wait time.Duration, ok bool) {
	if attempts > p.max || retryAfter > p.maxDelay {
		return 0, false
	}
	wait = max(retryAfter, p.backoff(attempts))
	if deadline, ok := ctx.Deadline(); ok && wait >= time.Until(deadline) {
		return 0, false
	}
	return wait, true
}

// backoff is exponential with full jitter: any wait from zero to the delay is
// equally likely, which spreads out clients that failed at the same time.
func (p retryPolicy) backoff(attempts int) time.Duration {
	delay := firstRetryDelay
	for range attempts - 1 {
		if delay >= p.maxDelay {
			break // before doubling overflows
		}
		delay *= 2
	}
	return rand.N(min(delay, p.maxDelay) + 1)
}

// sleep waits for d, or until the context ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// retryableStatus reports whether a response with this status may be temporary.
func retryableStatus(code int) bool {
	switch code {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
