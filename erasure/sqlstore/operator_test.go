package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestOperator(t *testing.T) { runOnFixtures(t, operatorTests) }

var operatorTests = map[string]func(*fixture){
	"RetryReopensTargets": func(f *fixture) {
		e := f.accept("c1", "adyen", "mollie", "stripe")
		other := f.accept("c2", "paddle")
		failed, required := e.Targets[0].ID, other.Targets[0].ID
		f.finish(failed, start, erasure.TargetFailed)
		f.finish(e.Targets[1].ID, start, erasure.TargetSucceeded)
		f.finish(e.Targets[2].ID, start, erasure.TargetSucceeded)
		f.finish(required, start, erasure.TargetActionRequired)
		_, err := f.DB().ExecContext(f.Context(), `DELETE FROM fixture_jobs`)
		f.must(err)

		at, deadline := start.Add(time.Hour), start.Add(48*time.Hour)
		f.must(f.Retry(f.Context(), []string{required, failed, required}, at, deadline, enqueue))
		equal(f, "jobs", f.jobs(), jobsOf([]erasure.Target{e.Targets[0], other.Targets[0]}))
		for _, id := range []string{e.ID, other.ID} {
			got := f.stored(id)
			equal(f, "state", got.State, erasure.ErasureInProgress)
			equal(f, "deadline, which counts from acceptance", got.Deadline, e.Deadline)
			equal(f, "final at", got.FinalAt, time.Time{})
			target := got.Targets[0]
			equal(f, "target state", target.State, erasure.TargetPending)
			equal(f, "next at", target.NextAt, at)
			equal(f, "granted until", target.GrantedUntil, deadline)
			equal(f, "evidence", target.Evidence[2:], []erasure.Evidence{
				{At: at, State: erasure.TargetPending, Reason: "retried_by_operator", Attempt: 1},
			})
		}
		again, err := f.Accept(f.Context(), request("c1"), enqueue) // in progress again
		f.must(err)
		equal(f, "erasure", again.ID, e.ID)
		attempt := f.begin(failed, at)
		equal(f, "references", attempt.Progress.References, references("adyen", "c1"))
		equal(f, "attempts", attempt.Target.Attempts, 2)
		equal(f, "deadline", attempt.Deadline, deadline)
	},
	"RetryIsAllOrNothing": func(f *fixture) {
		open := f.accept("c1", "stripe").Targets[0].ID
		f.finish(open, start, erasure.TargetFailed)
		pending := f.accept("c2", "stripe").Targets[0].ID
		done := f.accept("c3", "stripe").Targets[0].ID
		f.finish(done, start, erasure.TargetSucceeded)
		before := f.jobs()
		for _, test := range []struct {
			ids  []string
			want error
		}{
			{[]string{open, "unknown"}, erasure.ErrNotFound},
			{[]string{open, "\xff"}, erasure.ErrNotFound},
			{[]string{open, pending}, erasure.ErrNotOpen},
			{[]string{done, open}, erasure.ErrNotOpen},
		} {
			f.wantErr(f.Retry(f.Context(), test.ids, start, start, enqueue), test.want)
		}
		for unfit, state := range map[string]erasure.TargetState{pending: erasure.TargetPending, done: erasure.TargetSucceeded} {
			var got *erasure.StateError
			err := f.Retry(f.Context(), []string{open, unfit}, start, start, enqueue)
			if !errors.As(err, &got) || got.TargetID != unfit || got.State != state {
				f.Errorf("got %v, want target %s, %s", err, unfit, state)
			}
		}
		broken := errors.New("broken")
		failing := func(context.Context, *sql.Tx, []erasure.Job) error { return broken }
		f.wantErr(f.Retry(f.Context(), []string{open}, start, start, failing), broken)
		f.must(f.Retry(f.Context(), nil, start, start, enqueue))
		equal(f, "jobs", f.jobs(), before)
		_, err := f.Begin(f.Context(), open, start)
		f.wantErr(err, erasure.ErrSuperseded)
	},
	"ResolveClosesWithANote": func(f *fixture) {
		for i, state := range []erasure.TargetState{erasure.TargetFailed, erasure.TargetActionRequired} {
			e := f.accept("c-"+string(state), "stripe")
			id, at := e.Targets[0].ID, start.Add(time.Hour)
			f.finish(id, start, state)
			f.must(f.Resolve(f.Context(), id, "deleted in the dashboard, ticket 7", at))
			got := f.stored(e.ID)
			equal(f, "state", got.State, erasure.ErasureCompleted)
			equal(f, "final at", got.FinalAt, at)
			target := got.Targets[0]
			equal(f, "target state", target.State, erasure.TargetSucceeded)
			equal(f, "evidence", target.Evidence[2:], []erasure.Evidence{{
				At: at, State: erasure.TargetSucceeded, Reason: "resolved_by_operator", Attempt: 1,
				Note: "deleted in the dashboard, ticket 7",
			}})
			f.wantErr(f.Resolve(f.Context(), id, "again", at), erasure.ErrNotOpen)
			f.wantErr(f.Retry(f.Context(), []string{id}, at, at, enqueue), erasure.ErrNotOpen)
			equal(f, "number of jobs", len(f.jobs()), i+1)
		}
	},
	"ResolveOfOneTargetDoesNotChangeTheErasure": func(f *fixture) {
		e := f.accept("c1", "adyen", "stripe")
		for _, target := range e.Targets {
			f.finish(target.ID, start, erasure.TargetActionRequired)
		}
		before := f.stored(e.ID)
		f.must(f.Resolve(f.Context(), e.Targets[0].ID, "", start.Add(time.Hour)))
		got := f.stored(e.ID)
		equal(f, "state", got.State, erasure.ErasureAttentionRequired)
		equal(f, "final at", got.FinalAt, before.FinalAt)
	},
	"ResolveRejectsOtherTargets": func(f *fixture) {
		pending := f.accept("c1", "stripe").Targets[0].ID
		f.wantErr(f.Resolve(f.Context(), pending, "", start), erasure.ErrNotOpen)
		f.begin(pending, start)
		f.wantErr(f.Resolve(f.Context(), pending, "", start), erasure.ErrNotOpen)
		for _, id := range []string{"", "unknown", "\x00"} {
			f.wantErr(f.Resolve(f.Context(), id, "", start), erasure.ErrNotFound)
		}
		if f.Resolve(f.Context(), pending, "\xff", start) == nil {
			f.Error("a note that is not valid text was accepted")
		}
	},
}
