package client

import (
	"sync"
	"time"
)

// The retry budget of a client. Its size allows 50 failed attempts in a row to be
// retried, for example when a load balancer drops 50 connections. A client that
// makes few calls never reaches the limit.
const (
	budgetTokens     = 100.0
	budgetPerSuccess = 0.1 // tokens that one success gives back
	budgetPerSecond  = 1.0
)

// retryBudget limits the retries of all calls of a client together, so that an
// outage does not triple the traffic. It is gRPC's retry throttling (gRFC A6): a
// failed attempt takes a token, a success gives back a tenth, and there is no
// retry while more than half of the tokens are gone.
//
// Unlike gRPC's, tokens also come back with time. Erasures are rare: at ten calls
// a day, a client would otherwise have no retries for weeks after an outage. Under
// load, one token a second makes no difference.
type retryBudget struct {
	mu      sync.Mutex
	tokens  float64
	updated time.Time
}

func newRetryBudget() *retryBudget { return &retryBudget{tokens: budgetTokens, updated: time.Now()} }

// succeed records an accepted attempt.
func (b *retryBudget) succeed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(budgetTokens, b.tokens+budgetPerSuccess)
}

// fail records a failed attempt and reports whether it may be retried.
func (b *retryBudget) fail() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens = min(budgetTokens, b.tokens+now.Sub(b.updated).Seconds()*budgetPerSecond)
	b.updated = now
	b.tokens = max(0, b.tokens-1)
	return b.tokens >= budgetTokens/2
}
