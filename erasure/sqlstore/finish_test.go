package storetest

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

var finishTests = map[string]func(*bench){
	"RecordsTheOutcome": func(b *bench) {
		for _, test := range []struct {
			state erasure.TargetState
			want  erasure.ErasureState
		}{
			{erasure.TargetSucceeded, erasure.ErasureCompleted},
			{erasure.TargetAlreadyGone, erasure.ErasureCompleted},
			{erasure.TargetNotSupported, erasure.ErasureCompletedWithExceptions},
			{erasure.TargetActionRequired, erasure.ErasureAttentionRequired},
			{erasure.TargetFailed, erasure.ErasureAttentionRequired},
			{erasure.TargetPending, erasure.ErasureInProgress},
		} {
			e := b.accept("c-"+string(test.state), "stripe")
			id, at := e.Targets[0].ID, start.Add(time.Minute)
			r := ended(b.begin(id, start), at, test.state)
			b.must(b.Finish(b.ctx, r, nil))

			want := e
			want.State = test.want
			if test.want != erasure.ErasureInProgress {
				want.FinalAt = at
			}
			want.Targets = []erasure.Target{{
				ID: id, ErasureID: e.ID, Provider: "stripe", State: test.state, Reason: "because", Status: 200,
				Attempts: 1, NextAt: r.NextAt, UpdatedAt: at,
				Evidence: []erasure.Evidence{
					{At: start, State: erasure.TargetInProgress, Attempt: 1},
					{At: at, State: test.state, Reason: "because", Status: 200, Attempt: 1},
				},
			}}
			equal(b, string(test.state), b.erasure(e.ID), want)
		}
	},
	"DerivesTheStateFromAllTargets": func(b *bench) {
		e := b.accept("c1", "adyen", "mollie", "stripe")
		for i, step := range []struct {
			state erasure.TargetState
			want  erasure.ErasureState
		}{
			{erasure.TargetNotSupported, erasure.ErasureInProgress},
			{erasure.TargetActionRequired, erasure.ErasureInProgress},
			{erasure.TargetSucceeded, erasure.ErasureAttentionRequired},
		} {
			b.finish(e.Targets[i].ID, start, step.state)
			equal(b, "state", b.erasure(e.ID).State, step.want)
		}
	},
	"OfTwoAtOnceCompletesTheErasure": func(b *bench) {
		e := b.accept("c1", "adyen", "stripe")
		one, two := b.begin(e.Targets[0].ID, start), b.begin(e.Targets[1].ID, start)
		secondDone := make(chan error, 1)
		// The second begins while the first has changed its target and not committed.
		// It must wait, or neither would see that the other is final.
		err := b.Finish(b.ctx, ended(one, start, erasure.TargetSucceeded), func(context.Context, *sql.Tx) error {
			go func() { secondDone <- b.Finish(b.ctx, ended(two, start, erasure.TargetSucceeded), nil) }()
			select {
			case err := <-secondDone:
				return errors.Join(errors.New("the second did not wait for the first"), err)
			case <-time.After(100 * time.Millisecond):
				return nil
			}
		})
		b.must(err)
		b.must(<-secondDone)
		equal(b, "state", b.erasure(e.ID).State, erasure.ErasureCompleted)
	},
	"OfManyAtOnceCompletesTheErasure": func(b *bench) {
		e := b.accept("c1", "a", "b", "c", "d", "e", "f", "g", "h")
		together(len(e.Targets), func(i int) {
			attempt, err := b.Begin(b.ctx, e.Targets[i].ID, start)
			if err == nil {
				err = b.Finish(b.ctx, ended(attempt, start, erasure.TargetSucceeded), nil)
			}
			if err != nil {
				b.Error(err)
			}
		})
		equal(b, "state", b.erasure(e.ID).State, erasure.ErasureCompleted)
	},
	"CompletesTheJobWithIt": func(b *bench) {
		e := b.accept("c1", "stripe")
		attempt := b.begin(e.Targets[0].ID, start)
		broken := errors.New("broken")
		complete := func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM storetest_jobs WHERE target_id = $1`, attempt.Target.ID)
			return err
		}
		r := ended(attempt, start, erasure.TargetSucceeded)
		err := b.Finish(b.ctx, r, func(ctx context.Context, tx *sql.Tx) error { return errors.Join(complete(ctx, tx), broken) })
		b.wantErr(err, broken)
		equal(b, "jobs", b.jobs(), jobsOf(e.Targets))
		equal(b, "state", b.erasure(e.ID).Targets[0].State, erasure.TargetInProgress)

		b.must(b.Finish(b.ctx, r, complete))
		equal(b, "jobs", b.jobs(), nil)
		equal(b, "state", b.erasure(e.ID).State, erasure.ErasureCompleted)
		err = b.Finish(b.ctx, r, func(context.Context, *sql.Tx) error {
			b.Error("complete ran for an attempt that was superseded")
			return nil
		})
		b.wantErr(err, erasure.ErrSuperseded)
	},
	"KeepsReferencesForAnotherAttempt": func(b *bench) {
		id := b.accept("c1", "stripe").Targets[0].ID
		at := start
		for range 3 {
			attempt := b.begin(id, at)
			equal(b, "references", attempt.References, references("stripe", "c1"))
			b.must(b.Finish(b.ctx, ended(attempt, at, erasure.TargetPending), nil))
			at = at.Add(time.Minute)
		}
	},
	"ReplacesReferencesByWhatIsLeft": func(b *bench) {
		id := b.accept("c1", "stripe").Targets[0].ID
		r := ended(b.begin(id, start), start, erasure.TargetPending)
		r.Left = &erasure.References{Payments: []string{"payment-c1"}}
		b.must(b.Finish(b.ctx, r, nil))
		attempt := b.begin(id, start.Add(time.Minute))
		equal(b, "references", attempt.References, *r.Left)
	},
	"RefusesWhatMakesNoSense": func(b *bench) {
		e := b.accept("c1", "stripe")
		attempt := b.begin(e.Targets[0].ID, start)
		for _, change := range []func(*erasure.FinishRequest){
			func(r *erasure.FinishRequest) { r.State = erasure.TargetInProgress },
			func(r *erasure.FinishRequest) { r.State = erasure.TargetPending }, // without NextAt
			func(r *erasure.FinishRequest) { r.Reason = "\x00" },
			func(r *erasure.FinishRequest) { r.Reason = "\xff" },
		} {
			r := ended(attempt, start, erasure.TargetSucceeded)
			change(&r)
			if err := b.Finish(b.ctx, r, nil); err == nil {
				b.Errorf("%+v was accepted", r)
			}
		}
		equal(b, "state", b.erasure(e.ID).Targets[0].State, erasure.TargetInProgress)
	},
}
