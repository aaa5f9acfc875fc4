package main

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// keyLimiter is a token bucket for each public key. Only right keys reach it, so
// it holds as many as there are accounts.
type keyLimiter struct {
	perSecond float64
	mu        sync.Mutex
	buckets   map[string]*rate.Limiter
}

func newKeyLimiter(perSecond float64) *keyLimiter {
	return &keyLimiter{perSecond: perSecond, buckets: map[string]*rate.Limiter{}}
}

// wait returns how long the key has to wait, or 0 and takes a token. It is a
// server.Limiter.
func (l *keyLimiter) wait(_ context.Context, publicKey string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.buckets[publicKey]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(l.perSecond), max(1, int(l.perSecond)))
		l.buckets[publicKey] = bucket
	}
	reservation := bucket.Reserve()
	wait := reservation.Delay()
	if wait > 0 {
		reservation.Cancel() // the request is refused: it must not use up a later one's token
	}
	return wait
}
