package sqlstore_test

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// A sweep takes the time before it looks for targets, and clocks of processes differ: what
// changes a target may believe that it is earlier than the target's last change. The
// evidence says no such thing.
func TestEvidenceDoesNotGoBackInTime(t *testing.T) { runOnFixtures(t, orderTests) }

// late is when the targets of orderTests were changed, and early what a later change
// believes.
var late, early = start.Add(time.Hour), start.Add(time.Hour - time.Second)

// changedLate returns an erasure whose only target has begun an attempt at late, which ended
// in a state, unless that is in_progress.
func (f *fixture) changedLate(state erasure.TargetState, reason string) erasure.Erasure {
	f.Helper()
	f.must(f.SeeConnections(f.Context(), []string{"stripe"}, start))
	e := f.accept("c1", "stripe")
	attempt := f.begin(e.Targets[0].ID, late)
	if state == erasure.TargetInProgress {
		return e
	}
	r := ended(attempt, late, state)
	r.Reason, r.Keep = reason, month
	if state == erasure.TargetPending {
		r.NextAt, r.Concern = early, erasure.Concern{Reason: erasure.ReasonNotFoundUnproven, Since: start, Count: 1}
	}
	f.must(f.Finish(f.Context(), r, nil))
	return e
}

// wantOrder checks that the last change of the target is recorded, as made at late.
func (f *fixture) wantOrder(e erasure.Erasure, state erasure.TargetState, reason string) {
	f.Helper()
	target := f.stored(e.ID).Targets[0]
	last := target.Evidence[len(target.Evidence)-1]
	if last.State != state || last.Reason != reason || !last.At.Equal(late) || !target.UpdatedAt.Equal(late) {
		f.Errorf("the last evidence is %+v, updated at %v; want %s, %s at %v", last, target.UpdatedAt, state, reason, late)
	}
}

var orderTests = map[string]func(*fixture){
	"Begin": func(f *fixture) {
		e := f.changedLate(erasure.TargetPending, "")
		f.begin(e.Targets[0].ID, early)
		f.wantOrder(e, erasure.TargetInProgress, "")
	},
	"Finish": func(f *fixture) {
		e := f.changedLate(erasure.TargetInProgress, "")
		r := ended(erasure.Attempt{Target: f.stored(e.ID).Targets[0]}, early, erasure.TargetSucceeded)
		f.must(f.Finish(f.Context(), r, nil))
		f.wantOrder(e, erasure.TargetSucceeded, r.Reason)
	},
	"Orphan": func(f *fixture) {
		e := f.changedLate(erasure.TargetInProgress, "")
		_, err := f.Orphan(f.Context(), early, early)
		f.must(err)
		f.wantOrder(e, erasure.TargetActionRequired, erasure.ReasonProviderNotConfigured)
	},
	"Expire": func(f *fixture) {
		e := f.changedLate(erasure.TargetPending, "")
		_, err := f.Expire(f.Context(), start.Add(2*month), early, early)
		f.must(err)
		f.wantOrder(e, erasure.TargetFailed, erasure.ReasonDeadlinePassed)
	},
	"Escalate": func(f *fixture) {
		e := f.changedLate(erasure.TargetPending, "")
		_, err := f.Escalate(f.Context(), early, early)
		f.must(err)
		f.wantOrder(e, erasure.TargetActionRequired, erasure.ReasonNotFoundUnproven)
	},
	"Resume": func(f *fixture) {
		e := f.changedLate(erasure.TargetActionRequired, erasure.ReasonKeyRefused)
		_, _, err := f.ResumeConnection(f.Context(), resumption("stripe", early), enqueue)
		f.must(err)
		f.wantOrder(e, erasure.TargetPending, "connection_resumed")
	},
	"Retry": func(f *fixture) {
		e := f.changedLate(erasure.TargetActionRequired, erasure.ReasonKeyRefused)
		f.must(f.Retry(f.Context(), []string{e.Targets[0].ID}, early, start.Add(month), enqueue))
		f.wantOrder(e, erasure.TargetPending, "retried_by_operator")
	},
	"Reopen": func(f *fixture) {
		e := f.changedLate(erasure.TargetSucceeded, "")
		f.must(f.Reopen(f.Context(), []string{e.Targets[0].ID}, early, start.Add(month), enqueue))
		f.wantOrder(e, erasure.TargetPending, "reopened_by_operator")
	},
	"Resolve": func(f *fixture) {
		e := f.changedLate(erasure.TargetActionRequired, erasure.ReasonKeyRefused)
		f.must(f.Resolve(f.Context(), e.Targets[0].ID, "by hand", early))
		f.wantOrder(e, erasure.TargetSucceeded, "resolved_by_operator")
	},
	"ShowReferences": func(f *fixture) {
		e := f.changedLate(erasure.TargetActionRequired, erasure.ReasonKeyRefused)
		_, err := f.ShowReferences(f.Context(), e.ID, early)
		f.must(err)
		f.wantOrder(e, erasure.TargetActionRequired, "references_shown")
	},
}
