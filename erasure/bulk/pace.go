package bulk

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pace limits the rate at which requests start, for all workers together. It halves the
// rate when the service is overloaded, and then raises it by a twentieth of what it was
// per second (additive increase, multiplicative decrease, as in TCP). It is safe for
// concurrent use.
type Pace struct {
	now func() time.Time

	mu       sync.Mutex
	limiter  *rate.Limiter
	ceiling  rate.Limit // the rate asked for; Inf for no limit
	target   rate.Limit // where recovery ends: the ceiling or, without one, the rate before it was halved
	paused   time.Time  // no request starts before
	halved   time.Time  // when the rate was last halved
	grown    time.Time  // when the rate last grew
	started  int        // requests since window began
	window   time.Time  // when the present second began
	observed rate.Limit // requests per second in the last full window
}

const (
	minRate     = rate.Limit(1)
	growEvery   = time.Second
	growthSteps = 20
)

// NewPace returns a pace of at most perSecond requests per second; 0 is no limit. Like
// [time.NewTicker] it panics for a number that is no rate: a negative or infinite one, and
// NaN.
func NewPace(perSecond float64) *Pace {
	if !(perSecond >= 0 && perSecond <= math.MaxFloat64) { // so written that NaN is refused
		panic(fmt.Sprintf("bulk: NewPace: %v is no rate; use 0 for no limit", perSecond))
	}
	p := &Pace{now: time.Now, ceiling: rate.Inf}
	if perSecond > 0 {
		p.ceiling = rate.Limit(perSecond)
	}
	p.target = p.ceiling
	p.limiter = rate.NewLimiter(p.ceiling, 1)
	return p
}

// Wait returns when the next request may start, or with ctx's error.
func (p *Pace) Wait(ctx context.Context) error {
	hadTurn := false
	for {
		ok, pause := p.start(hadTurn)
		var err error
		switch {
		case ok:
			return ctx.Err()
		case pause > 0:
			// A worker that had its turn needs another one. Otherwise all workers would
			// start at once when the pause ends.
			hadTurn, err = false, sleep(ctx, pause)
		default:
			hadTurn, err = true, p.limiter.Wait(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// start counts a request that starts now. If it has to wait instead, ok is false, and
// pause is how long a pause lasts, or 0 if the request has to wait for its turn.
func (p *Pace) start(hadTurn bool) (ok bool, pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.grow(now)
	if pause := p.paused.Sub(now); pause > 0 {
		return false, pause
	}
	if !hadTurn && p.limiter.Limit() != rate.Inf {
		return false, 0
	}
	p.measure(now)
	return true, 0
}

// Throttled records a response of 429 or 503 and how long it asks to wait, 0 if it does
// not say. All requests pause until then. Responses within a second halve the rate once,
// because their requests were under way together.
func (p *Pace) Throttled(retryAfter time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if until := now.Add(retryAfter); until.After(p.paused) {
		p.paused = until
	}
	if now.Sub(p.halved) < growEvery {
		return
	}
	p.halved, p.grown = now, now
	current := min(p.limiter.Limit(), p.reached(now))
	if p.target == rate.Inf {
		p.target = current
	}
	p.limiter.SetLimit(max(current/2, min(minRate, p.ceiling)))
}

// grow raises a rate that was halved. The caller holds the lock.
func (p *Pace) grow(now time.Time) {
	limit := p.limiter.Limit()
	if limit >= p.target || now.Sub(p.grown) < growEvery {
		return
	}
	p.grown = now
	limit += p.target / growthSteps
	if limit < p.target {
		p.limiter.SetLimit(limit)
		return
	}
	// Recovered: the limit is the rate asked for again.
	p.target = p.ceiling
	p.limiter.SetLimit(p.ceiling)
}

// measure counts requests per second. The caller holds the lock.
func (p *Pace) measure(now time.Time) {
	p.started++
	if elapsed := now.Sub(p.window); elapsed >= time.Second {
		if !p.window.IsZero() {
			p.observed = rate.Limit(float64(p.started) / elapsed.Seconds())
		}
		p.window, p.started = now, 0
	}
}

// reached returns the latest rate, in requests per second. The caller holds the lock.
func (p *Pace) reached(now time.Time) rate.Limit {
	// There may be no full window yet, or a burst since the last one.
	elapsed := max(now.Sub(p.window), 100*time.Millisecond)
	return max(p.observed, rate.Limit(float64(p.started)/elapsed.Seconds()), 2*minRate)
}

// Rate returns the present limit in requests per second, or false if there is none.
func (p *Pace) Rate() (float64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := p.limiter.Limit()
	return float64(limit), limit != rate.Inf
}

// PausedUntil returns when the next request may start after the service has asked to wait.
// It is in the past, or zero, if nothing pauses.
func (p *Pace) PausedUntil() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paused
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
