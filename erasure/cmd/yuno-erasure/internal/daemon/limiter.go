package daemon

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// keyLimiter keeps a token bucket for each public key. Only authenticated requests
// reach it, so there are at most as many buckets as accounts.
type keyLimiter struct {
	perSecond float64
	mu        sync.Mutex
	buckets   map[string]*rate.Limiter
}

func newKeyLimiter(perSecond float64) *keyLimiter {
	return &keyLimiter{perSecond: perSecond, buckets: map[string]*rate.Limiter{}}
}

// wait takes a token and returns 0, or returns how long the key has to wait for one.
// It is a server.Limiter.
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
		reservation.Cancel() // the request is rejected and must not use up the token of a later one
	}
	return wait
}
