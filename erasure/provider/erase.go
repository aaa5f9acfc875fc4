package provider

import (
	"context"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Erase makes the calls of the description in order. It goes on after a call
// that succeeded or is already gone, and stops at any other outcome. The outcome
// is already_gone if no call, of this or of an earlier attempt, deleted anything.
// After a not-found without a proof it goes on with the next call of the description,
// because a deletion there would be the proof.
//
// A response by which a rule says already_gone is believed only with a proof. The
// connection is proven by its check, which Erase makes at most once a minute, or by a
// deletion, for 15 minutes each. Without a check that decides, it is enough that an
// earlier attempt may have had its effect (see [erasure.Progress]). Else the outcome is
// retry, reason not_found_unproven.
//
// If ctx has a deadline, Erase does not begin another call with less time left
// than a call may take. It then returns deferred, reason more_to_do, with the
// remaining references. If the limits allow no request in time, it returns
// deferred, reason waiting_for_turn.
func (c *Connection) Erase(ctx context.Context, p erasure.Progress) erasure.Outcome {
	steps, err := c.plan(p, c.scope())
	if err != nil {
		return impossible(err)
	}
	t := newTracker(p, steps)
	inside, leave, err := c.limiter.enter(ctx, nil)
	if err != nil {
		return t.stop(noTurn(ctx, err))
	}
	defer leave()
	return c.erase(inside, t)
}

// erase makes the steps of an attempt that has a slot.
func (c *Connection) erase(ctx context.Context, t *tracker) erasure.Outcome {
	result := erasure.Outcome{Kind: erasure.OutcomeAlreadyGone, Reason: "nothing_to_ask"}
	for i := range t.steps {
		if t.doubted(i) {
			continue
		}
		if i > 0 && endsBefore(ctx, c.timeout) {
			if t.doubtful != nil && !t.changed {
				return t.stop(*t.doubtful) // another attempt would get no further
			}
			return t.stop(erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: erasure.ReasonMoreToDo, Until: time.Now()})
		}
		got := c.ask(ctx, t.steps[i], t.mayBeDone(i))
		switch {
		case got.outcome.Kind == erasure.OutcomeSucceeded:
			result = got.outcome
		case got.outcome.Kind == erasure.OutcomeAlreadyGone && result.Kind == erasure.OutcomeAlreadyGone:
			result = got.outcome
		case got.outcome.Kind == erasure.OutcomeAlreadyGone:
		case got.outcome.Reason == erasure.ReasonNotFoundUnproven:
			t.doubt(i, got.outcome)
			continue
		default:
			t.failed(i, got.mayHaveApplied)
			return t.stop(got.outcome)
		}
		t.settled(i, got)
	}
	return c.finish(t, result)
}

// finish returns the outcome once no call is left that could be made now.
func (c *Connection) finish(t *tracker, result erasure.Outcome) erasure.Outcome {
	if t.doubtful != nil {
		if !c.proof.proven() {
			return t.stop(*t.doubtful)
		}
		if t.trust(); t.open() {
			return t.stop(erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: erasure.ReasonMoreToDo, Until: time.Now()})
		}
	}
	if last := c.description.afterwards; last != nil {
		return t.stop(erasure.Outcome{Kind: last.kind, Reason: last.reason, Status: result.Status})
	}
	if t.deleted && result.Kind == erasure.OutcomeAlreadyGone {
		result = erasure.Outcome{Kind: erasure.OutcomeSucceeded, Reason: "deleted_before", Status: result.Status}
	}
	result.Verified = result.Kind == erasure.OutcomeSucceeded && t.verified && !t.unverified
	return result
}

// stepResult is what came of one step.
type stepResult struct {
	outcome erasure.Outcome
	// mayHaveApplied reports that the step may have had its effect although it failed.
	mayHaveApplied bool
	verification   verification
	verifiable     bool // the call has a verify
}

// ask makes the call of a step, and the read that verifies its success. mayBeDone says
// that an earlier attempt may have had its effect.
func (c *Connection) ask(ctx context.Context, st step, mayBeDone bool) stepResult {
	resp, failed := c.send(ctx, st.request, st.scope)
	if failed != nil {
		return stepResult{outcome: failed.Outcome, mayHaveApplied: failed.sent}
	}
	then, described := resp.decide(c.rules, st.call.rules)
	if !described {
		then = resp.undescribed()
	}
	got := stepResult{outcome: resp.outcome(then), verifiable: st.call.verify != nil}
	switch then.kind {
	case erasure.OutcomeSucceeded:
		if got.verifiable {
			got.verification = c.verify(ctx, st)
		}
		if got.verification == verifiedStillThere {
			got.outcome.Kind, got.outcome.Reason = erasure.OutcomeRetry, erasure.ReasonStillThere
			got.mayHaveApplied = true
			return got
		}
		c.proof.deleted()
	case erasure.OutcomeAlreadyGone:
		if !then.certain && !c.believes(ctx, mayBeDone) {
			got.outcome.Kind, got.outcome.Reason = erasure.OutcomeRetry, erasure.ReasonNotFoundUnproven
		}
	default:
		got.mayHaveApplied = resp.mayHaveApplied(described)
		if then.reason == erasure.ReasonKeyRefused {
			c.proof.revoke()
		}
	}
	return got
}
