package client

import (
	"sync"
	"time"
)

// The retry budget of a client. Sized so that a burst of 50 failed attempts,
// say a load balancer dropping 50 connections, is retried in full, and a
// client that makes few calls never notices it.
const (
	budgetTokens    = 100.0
	budgetPerAnswer = 0.1 // tokens that one success gives back
	budgetPerSecond = 1.0
)

// budget limits the retries of all calls of a client together, so that an
// outage is not answered with three times the traffic. It is gRPC's retry
// throttling (gRFC A6): a failed attempt takes a token, a success gives back a
// tenth, and there is no retry while more than half of them are gone.
//
// Unlike gRPC's, tokens also come back with time. Erasures are rare: at ten
// calls a day, an outage would otherwise leave a client without retries for
// weeks. Under load one token a second changes nothing.
type budget struct {
	mu      sync.Mutex
	tokens  float64
	updated time.Time
}

func newBudget() *budget { return &budget{tokens: budgetTokens, updated: time.Now()} }

// succeed records an accepted attempt.
func (b *budget) succeed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(budgetTokens, b.tokens+budgetPerAnswer)
}

// fail records a failed attempt and reports whether it may be retried.
func (b *budget) fail() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens = min(budgetTokens, b.tokens+now.Sub(b.updated).Seconds()*budgetPerSecond)
	b.updated = now
	b.tokens = max(0, b.tokens-1)
	return b.tokens >= budgetTokens/2
}
