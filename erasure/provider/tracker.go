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
	done        []bool // by step: settled
	unconfirmed []string
	doubts      map[*call]int    // the steps that found nothing, without a proof, by call
	doubtful    *erasure.Outcome // the outcome of the last of those
	deleted     bool             // a call of this or an earlier attempt has
	verified    bool             // a read has shown that something is gone
	unverified  bool             // a deletion was not verified although its call has a verify
	changed     bool
}

func newTracker(p erasure.Progress, steps []step) *tracker {
	return &tracker{
		before: p, steps: steps, done: make([]bool, len(steps)), doubts: map[*call]int{},
		unconfirmed: slices.Clone(p.Unconfirmed), deleted: p.Deleted, unverified: p.Unverified,
		changed: p.Lost, // so that it is kept
	}
}

// mayBeDone reports whether an earlier attempt may have had its effect at a step.
func (t *tracker) mayBeDone(i int) bool {
	return t.before.Lost || slices.Contains(t.unconfirmed, t.steps[i].id())
}

// doubt records that a step found nothing, without a proof. The other steps of its call
// are left for a later attempt.
func (t *tracker) doubt(i int, o erasure.Outcome) {
	t.doubts[t.steps[i].call] = i
	t.doubtful = &o
}

// doubted reports whether an earlier step of the same call is in doubt.
func (t *tracker) doubted(i int) bool {
	_, ok := t.doubts[t.steps[i].call]
	return ok
}

// trust settles the steps in doubt, once the connection is proven.
func (t *tracker) trust() {
	for _, i := range t.doubts {
		t.settled(i, stepResult{outcome: erasure.Outcome{Kind: erasure.OutcomeAlreadyGone}})
	}
}

// open reports whether a step is not settled.
func (t *tracker) open() bool { return slices.Contains(t.done, false) }

// settled records that a step needs no further attempt.
func (t *tracker) settled(i int, got stepResult) {
	t.done[i], t.changed = true, true
	t.unconfirmed = slices.DeleteFunc(t.unconfirmed, func(id string) bool { return id == t.steps[i].id() })
	if got.outcome.Kind != erasure.OutcomeSucceeded {
		return
	}
	t.deleted = true
	t.verified = t.verified || got.verification == verifiedGone
	t.unverified = t.unverified || got.verifiable && got.verification == verificationUnknown
}

// failed records that a step failed, perhaps after its effect.
func (t *tracker) failed(i int, mayHaveApplied bool) {
	if id := t.steps[i].id(); mayHaveApplied && !slices.Contains(t.unconfirmed, id) {
		t.unconfirmed = append(t.unconfirmed, id)
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
	var left, settled []step
	for i, st := range t.steps {
		if t.done[i] {
			settled = append(settled, st)
		} else {
			left = append(left, st)
		}
	}
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
	for _, st := range settled {
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
