package bulk

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pace limits how fast requests start, all workers together. Told that the other
// side is overloaded it halves the rate, and lets it grow back by a twentieth of
// what it was a second (additive increase, multiplicative decrease, as TCP does).
// It is safe for concurrent use.
type Pace struct {
	now func() time.Time

	mu       sync.Mutex
	limiter  *rate.Limiter
	ceiling  rate.Limit // what was asked for; Inf for no limit
	target   rate.Limit // where growth ends: the ceiling, or what was reached before
	paused   time.Time  // nobody starts before
	halved   time.Time  // when the rate was last halved
	grown    time.Time  // when the rate last grew
	started  int        // requests since window
	window   time.Time
	observed rate.Limit // requests a second in the last full window
}

const (
	minRate     = rate.Limit(1)
	growEvery   = time.Second
	growthSteps = 20
)

// NewPace returns a pace of at most perSecond requests a second, or without a
// limit for 0.
func NewPace(perSecond float64) *Pace {
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
			// If it had its turn it takes another, or the pause would end with all
			// workers at once.
			hadTurn, err = false, sleep(ctx, pause)
		default:
			hadTurn, err = true, p.limiter.Wait(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// start counts a request that starts now, or reports that it must wait: for the
// end of a pause, or for its turn.
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

// Throttled says that the other side answered 429 or 503, and how long it asks
// to wait (0: it does not say). The answers to requests that were under way
// together count once.
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

// grow lets the rate recover. The caller holds the lock.
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
	// Back where it was: from here on the limit is what was asked for.
	p.target = p.ceiling
	p.limiter.SetLimit(p.ceiling)
}

// measure counts requests a second. The caller holds the lock.
func (p *Pace) measure(now time.Time) {
	p.started++
	if elapsed := now.Sub(p.window); elapsed >= time.Second {
		if !p.window.IsZero() {
			p.observed = rate.Limit(float64(p.started) / elapsed.Seconds())
		}
		p.window, p.started = now, 0
	}
}

// reached is how many requests a second there were lately. The caller holds the
// lock.
func (p *Pace) reached(now time.Time) rate.Limit {
	// Less than a second after the start, or in a burst, the last full window
	// says too little.
	elapsed := max(now.Sub(p.window), 100*time.Millisecond)
	return max(p.observed, rate.Limit(float64(p.started)/elapsed.Seconds()), 2*minRate)
}

// Rate is the present limit in requests a second; false for none.
func (p *Pace) Rate() (float64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := p.limiter.Limit()
	return float64(limit), limit != rate.Inf
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
