package provider

import (
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
)

// tracker keeps what the steps of an attempt have done, for its [erasure.Progress].
type tracker struct {
	before      erasure.Progress
	steps       []step // of this attempt
	done        int    // steps[:done] are settled
	unconfirmed []string
	deleted     bool // a call of this or an earlier attempt has deleted something
	verified    bool // a read has shown that something is gone
	unverified  bool // a deletion was not verified although its call has a verify
	changed     bool
}

func newTracker(p erasure.Progress, steps []step) *tracker {
	return &tracker{
		before: p, steps: steps,
		unconfirmed: slices.Clone(p.Unconfirmed), deleted: p.Deleted, unverified: p.Unverified,
		changed: p.Lost, // so that it is kept
	}
}

// mayBeDone reports whether an earlier attempt may have had its effect at a step.
func (t *tracker) mayBeDone(st step) bool {
	return t.before.Lost || slices.Contains(t.unconfirmed, st.id())
}

// settled records that the next step needs no further attempt.
func (t *tracker) settled(st step, got stepResult) {
	t.done++
	t.changed = true
	t.unconfirmed = slices.DeleteFunc(t.unconfirmed, func(id string) bool { return id == st.id() })
	if got.outcome.Kind != erasure.OutcomeSucceeded {
		return
	}
	t.deleted = true
	t.verified = t.verified || got.verification == verifiedGone
	t.unverified = t.unverified || got.verifiable && got.verification == verificationUnknown
}

// failed records that the next step failed, perhaps after its effect.
func (t *tracker) failed(st step, mayHaveApplied bool) {
	if mayHaveApplied && !slices.Contains(t.unconfirmed, st.id()) {
		t.unconfirmed = append(t.unconfirmed, st.id())
		t.changed = true
	}
}

// stop adds the progress to an outcome.
func (t *tracker) stop(o erasure.Outcome) erasure.Outcome {
	if t.changed {
		o.Progress = t.progress()
	}
	return o
}

// progress is what is left to do. It drops the references that no step needs any more,
// so that nothing is stored longer than necessary. The customer stays: calls for tokens
// need it too.
func (t *tracker) progress() *erasure.Progress {
	left := t.steps[t.done:]
	rest := &erasure.Progress{
		References:  erasure.References{Customer: t.before.Customer},
		Done:        slices.Clone(t.before.Done),
		Unconfirmed: t.unconfirmed,
		Lost:        t.before.Lost && len(left) > 0,
		Deleted:     t.deleted,
		Unverified:  t.unverified,
	}
	needed, calls := map[string]bool{}, map[*call]bool{}
	for _, st := range left {
		calls[st.call] = true
		if st.token != "" && !needed["token "+st.token] {
			rest.Tokens = append(rest.Tokens, st.token)
		}
		if st.payment != "" && !needed["payment "+st.payment] {
			rest.Payments = append(rest.Payments, st.payment)
		}
		needed["token "+st.token], needed["payment "+st.payment] = true, true
	}
	for _, st := range t.steps[:t.done] {
		switch {
		case !calls[st.call]:
			rest.Done = append(rest.Done, st.call.name)
		case st.token != "" && needed["token "+st.token], st.payment != "" && needed["payment "+st.payment]:
			rest.Done = append(rest.Done, st.id())
		}
	}
	rest.Done = withoutSteps(rest.Done)
	return rest
}

// withoutSteps drops the steps of calls that are done as a whole.
func withoutSteps(done []string) []string {
	slices.Sort(done)
	done = slices.Compact(done)
	return slices.DeleteFunc(done, func(id string) bool {
		call, _, isStep := strings.Cut(id, " ")
		return isStep && slices.Contains(done, call)
	})
}
