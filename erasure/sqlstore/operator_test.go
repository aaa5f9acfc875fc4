package storetest

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

var operatorTests = map[string]func(*bench){
	"RetryPutsOpenTargetsBack": func(b *bench) {
		e := b.accept("c1", "adyen", "mollie", "stripe")
		other := b.accept("c2", "paddle")
		failed, required := e.Targets[0].ID, other.Targets[0].ID
		b.finish(failed, start, erasure.TargetFailed)
		b.finish(e.Targets[1].ID, start, erasure.TargetSucceeded)
		b.finish(e.Targets[2].ID, start, erasure.TargetSucceeded)
		b.finish(required, start, erasure.TargetActionRequired)
		_, err := b.db.ExecContext(b.ctx, `DELETE FROM storetest_jobs`)
		b.must(err)

		at, deadline := start.Add(time.Hour), start.Add(48*time.Hour)
		b.must(b.Retry(b.ctx, []string{required, failed, required}, at, deadline, enqueue))
		equal(b, "jobs", b.jobs(), jobsOf([]erasure.Target{e.Targets[0], other.Targets[0]}))
		for _, id := range []string{e.ID, other.ID} {
			got := b.erasure(id)
			equal(b, "state", got.State, erasure.ErasureInProgress)
			equal(b, "deadline", got.Deadline, deadline)
			equal(b, "final at", got.FinalAt, time.Time{})
			target := got.Targets[0]
			equal(b, "target state", target.State, erasure.TargetPending)
			equal(b, "next at", target.NextAt, at)
			equal(b, "evidence", target.Evidence[2:], []erasure.Evidence{
				{At: at, State: erasure.TargetPending, Reason: "retried_by_operator", Attempt: 1},
			})
		}
		again, err := b.Accept(b.ctx, request("c1"), enqueue) // in progress as before
		b.must(err)
		equal(b, "erasure", again.ID, e.ID)
		attempt := b.begin(failed, at)
		equal(b, "references", attempt.References, references("adyen", "c1"))
		equal(b, "attempts", attempt.Target.Attempts, 2)
		equal(b, "deadline", attempt.Deadline, deadline)
	},
	"RetryIsAllOrNothing": func(b *bench) {
		open := b.accept("c1", "stripe").Targets[0].ID
		b.finish(open, start, erasure.TargetFailed)
		pending := b.accept("c2", "stripe").Targets[0].ID
		done := b.accept("c3", "stripe").Targets[0].ID
		b.finish(done, start, erasure.TargetSucceeded)
		before := b.jobs()
		for _, test := range []struct {
			ids  []string
			want error
		}{
			{[]string{open, "unknown"}, erasure.ErrNotFound},
			{[]string{open, "\xff"}, erasure.ErrNotFound},
			{[]string{open, pending}, erasure.ErrNotOpen},
			{[]string{done, open}, erasure.ErrNotOpen},
		} {
			b.wantErr(b.Retry(b.ctx, test.ids, start, start, enqueue), test.want)
		}
		broken := errors.New("broken")
		b.wantErr(b.Retry(b.ctx, []string{open}, start, start, func(context.Context, *sql.Tx, []erasure.Job) error { return broken }), broken)
		b.must(b.Retry(b.ctx, nil, start, start, enqueue))
		equal(b, "jobs", b.jobs(), before)
		_, err := b.Begin(b.ctx, open, start)
		b.wantErr(err, erasure.ErrSuperseded)
	},
	"ResolveClosesWithANote": func(b *bench) {
		for i, state := range []erasure.TargetState{erasure.TargetFailed, erasure.TargetActionRequired} {
			e := b.accept("c-"+string(state), "stripe")
			id, at := e.Targets[0].ID, start.Add(time.Hour)
			b.finish(id, start, state)
			b.must(b.Resolve(b.ctx, id, "deleted in the dashboard, ticket 7", at))
			got := b.erasure(e.ID)
			equal(b, "state", got.State, erasure.ErasureCompleted)
			equal(b, "final at", got.FinalAt, at)
			target := got.Targets[0]
			equal(b, "target state", target.State, erasure.TargetSucceeded)
			equal(b, "evidence", target.Evidence[2:], []erasure.Evidence{{
				At: at, State: erasure.TargetSucceeded, Reason: "resolved_by_operator", Attempt: 1,
				Note: "deleted in the dashboard, ticket 7",
			}})
			b.wantErr(b.Resolve(b.ctx, id, "again", at), erasure.ErrNotOpen)
			b.wantErr(b.Retry(b.ctx, []string{id}, at, at, enqueue), erasure.ErrNotOpen)
			equal(b, "number of jobs", len(b.jobs()), i+1)
		}
	},
	"ResolveOfOneLeavesTheErasureAsItIs": func(b *bench) {
		e := b.accept("c1", "adyen", "stripe")
		for _, target := range e.Targets {
			b.finish(target.ID, start, erasure.TargetActionRequired)
		}
		before := b.erasure(e.ID)
		b.must(b.Resolve(b.ctx, e.Targets[0].ID, "", start.Add(time.Hour)))
		got := b.erasure(e.ID)
		equal(b, "state", got.State, erasure.ErasureAttentionRequired)
		equal(b, "final at", got.FinalAt, before.FinalAt)
	},
	"ResolveRefusesOthers": func(b *bench) {
		pending := b.accept("c1", "stripe").Targets[0].ID
		b.wantErr(b.Resolve(b.ctx, pending, "", start), erasure.ErrNotOpen)
		b.begin(pending, start)
		b.wantErr(b.Resolve(b.ctx, pending, "", start), erasure.ErrNotOpen)
		for _, id := range []string{"", "unknown", "\x00"} {
			b.wantErr(b.Resolve(b.ctx, id, "", start), erasure.ErrNotFound)
		}
		if b.Resolve(b.ctx, pending, "\xff", start) == nil {
			b.Error("a note that is not text was taken")
		}
	},
}
