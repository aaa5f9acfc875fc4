package provider

import (
	"context"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

const (
	// proofLasts is how long a check or a deletion proves a connection.
	proofLasts = 15 * time.Minute
	// checkPause is the least time between two checks that erasures make.
	checkPause = time.Minute
)

var noCheck = erasure.Outcome{Kind: erasure.OutcomeNotSupported, Reason: erasure.ReasonNoCheck}

// proof is what is known about the credentials of a connection: whether they reach the
// account that its customers belong to. It is kept in memory only.
type proof struct {
	turn chan struct{} // held during a check, so that callers share it

	mu      sync.Mutex
	until   time.Time // proven until then
	checked time.Time // when the last check that was not cancelled ended
	last    erasure.Outcome
}

func newProof() *proof { return &proof{turn: make(chan struct{}, 1)} }

// proven reports whether the connection is proven now.
func (p *proof) proven() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.until)
}

// deleted records that a call has deleted something, which only the right account can.
func (p *proof) deleted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Now().Add(proofLasts)
}

// revoke records that the provider rejected the credentials.
func (p *proof) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Time{}
	p.last = erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: erasure.ReasonKeyRefused}
}

// record records the outcome of a check. One that shows neither leaves an earlier proof.
func (p *proof) record(o erasure.Outcome, proves bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checked, p.last = time.Now(), o
	switch {
	case proves:
		p.until = p.checked.Add(proofLasts)
	case o.Kind == erasure.OutcomeActionRequired:
		p.until = time.Time{}
	}
}

// recent returns the outcome of the last check, if it is no older than checkPause.
func (p *proof) recent() (o erasure.Outcome, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, !p.checked.IsZero() && time.Since(p.checked) < checkPause
}

// Check implements [erasure.Provider]. It obeys the limits and the timeout of the
// connection. Concurrent callers make one request each, one after the other.
func (c *Connection) Check(ctx context.Context) erasure.Outcome {
	if len(c.description.checks) == 0 {
		return noCheck
	}
	// The slot comes first, as for attempts, which may wait for this check.
	inside, leave, err := c.limiter.enter(ctx, nil)
	if err != nil {
		return unchecked(noTurn(ctx, err))
	}
	defer leave()
	return c.takeTurn(inside, func() erasure.Outcome { return c.check(inside) })
}

// unchecked returns the outcome of a check that got no response.
func unchecked(o erasure.Outcome) erasure.Outcome {
	if o.Kind == erasure.OutcomeDeferred {
		return erasure.Outcome{Kind: erasure.OutcomeRetry, Reason: o.Reason, After: turnWait}
	}
	return o
}

// believes reports whether a not-found response means that the customer is gone: the
// connection is proven, or its check does not decide and an earlier attempt may have
// had its effect.
func (c *Connection) believes(ctx context.Context, mayBeDone bool) bool {
	if c.proof.proven() {
		return true
	}
	o := noCheck
	if len(c.description.checks) > 0 {
		o = c.takeTurn(ctx, func() erasure.Outcome {
			if last, ok := c.proof.recent(); ok {
				return last
			}
			return c.check(ctx)
		})
	}
	if o.Kind == erasure.OutcomeActionRequired || o.Reason == reasonModeNotStated {
		return false // another place, perhaps: no attempt can have had an effect there
	}
	return mayBeDone || c.proof.proven()
}

// takeTurn runs find while no other check of this connection runs.
func (c *Connection) takeTurn(ctx context.Context, find func() erasure.Outcome) erasure.Outcome {
	select {
	case c.proof.turn <- struct{}{}:
		defer func() { <-c.proof.turn }()
		return find()
	case <-ctx.Done():
		return noResponse(ctx, ctx.Err())
	}
}

// check makes the checks of the description until one does not prove the connection.
// The caller holds the turn. A later check that tells the account is made only if the
// configuration names one.
func (c *Connection) check(ctx context.Context) erasure.Outcome {
	var o erasure.Outcome
	proves := true
	for i, check := range c.description.checks {
		if i > 0 && check.account != nil && c.expected.account == "" {
			continue
		}
		var one bool
		o, one = c.checkOnce(ctx, check)
		proves = proves && one
		if o.Kind != erasure.OutcomeSucceeded {
			break
		}
	}
	if ctx.Err() == nil { // else it says nothing about the connection
		c.proof.record(o, proves)
	}
	return o
}

func (c *Connection) checkOnce(ctx context.Context, check *check) (o erasure.Outcome, proves bool) {
	r, err := check.request(c.scope(), c.description.kinds)
	if err != nil {
		return impossible(err), false
	}
	resp, failed := c.send(ctx, r, c.scope())
	if failed != nil {
		return unchecked(failed.Outcome), false
	}
	return check.judge(resp, c.expected)
}
