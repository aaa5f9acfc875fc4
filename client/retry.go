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

// retryPolicy says how often a call is repeated and how long it waits between.
type retryPolicy struct {
	max      int           // repetitions after the first attempt
	maxDelay time.Duration // cap on one wait, asked for by us or by the server
}

// delay returns how long to wait after the given number of attempts, and
// false when the call must end now: no retries left, or a wait that is longer
// than the cap or than the context lives. A wait known to be in vain is not
// begun, so that the caller gets the answer in hand instead of a bare timeout.
func (p retryPolicy) delay(ctx context.Context, attempts int, retryAfter time.Duration) (time.Duration, bool) {
	if attempts > p.max || retryAfter > p.maxDelay {
		return 0, false
	}
	wait := max(retryAfter, p.backoff(attempts))
	if deadline, ok := ctx.Deadline(); ok && wait >= time.Until(deadline) {
		return 0, false
	}
	return wait, true
}

// backoff is exponential with full jitter: anything from zero to the delay is
// equally likely, which spreads clients that failed together.
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

// sleep ends with the context if not earlier.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// retryableStatus holds for the answers that say "not now", not "no".
func retryableStatus(code int) bool {
	switch code {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
