package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestFinish(t *testing.T) { runOnFixtures(t, finishTests) }

var finishTests = map[string]func(*fixture){
	"RecordsTheOutcome": func(f *fixture) {
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
			e := f.accept("c-"+string(test.state), "stripe")
			id, at := e.Targets[0].ID, start.Add(time.Minute)
			r := ended(f.begin(id, start), at, test.state)
			r.Verified = test.state == erasure.TargetSucceeded
			f.must(f.Finish(f.Context(), r, nil))

			want := e
			want.State = test.want
			if test.want != erasure.ErasureInProgress {
				want.FinalAt = at
			}
			want.Targets = []erasure.Target{{
				ID: id, ErasureID: e.ID, Provider: "stripe", State: test.state, Reason: "because", Status: 200,
				Attempts: 1, NextAt: r.NextAt, Verified: r.Verified, UpdatedAt: at,
				Evidence: []erasure.Evidence{
					{At: start, State: erasure.TargetInProgress, Attempt: 1},
					{At: at, State: test.state, Reason: "because", Status: 200, Attempt: 1, Verified: r.Verified},
				},
			}}
			equal(f, string(test.state), f.stored(e.ID), want)
		}
	},
	"TellsWhenTheErasureHasEnded": func(f *fixture) {
		e := f.accept("c1", "adyen", "stripe")
		var told []string
		for i, state := range []erasure.TargetState{erasure.TargetPending, erasure.TargetSucceeded, erasure.TargetNotSupported} {
			r := ended(f.begin(e.Targets[i/2].ID, start.Add(time.Duration(i)*time.Hour)), start, state)
			r.NextAt = start
			if state.Final() {
				r.NextAt = time.Time{}
			}
			r.Ended = func(state erasure.ErasureState, acceptedAt time.Time) {
				told = append(told, string(state)+" "+acceptedAt.Sub(start).String())
			}
			f.must(f.Finish(f.Context(), r, nil))
		}
		equal(f, "told", told, []string{"completed_with_exceptions 0s"})
		r := ended(erasure.Attempt{Target: e.Targets[0]}, start, erasure.TargetSucceeded)
		r.Ended = func(erasure.ErasureState, time.Time) { f.Error("told of an attempt that was superseded") }
		f.wantErr(f.Finish(f.Context(), r, nil), erasure.ErrSuperseded)
	},
	"DerivesTheStateFromAllTargets": func(f *fixture) {
		e := f.accept("c1", "adyen", "mollie", "stripe")
		for i, step := range []struct {
			state erasure.TargetState
			want  erasure.ErasureState
		}{
			{erasure.TargetNotSupported, erasure.ErasureInProgress},
			{erasure.TargetActionRequired, erasure.ErasureInProgress},
			{erasure.TargetSucceeded, erasure.ErasureAttentionRequired},
		} {
			f.finish(e.Targets[i].ID, start, step.state)
			equal(f, "state", f.stored(e.ID).State, step.want)
		}
	},
	"OfTwoTargetsAtOnceCompletesTheErasure": func(f *fixture) {
		e := f.accept("c1", "adyen", "stripe")
		one, two := f.begin(e.Targets[0].ID, start), f.begin(e.Targets[1].ID, start)
		secondDone := make(chan error, 1)
		// The second starts when the first has changed its target but not committed. It
		// must wait, otherwise neither would see that the other target is final.
		err := f.Finish(f.Context(), ended(one, start, erasure.TargetSucceeded), func(context.Context, *sql.Tx) error {
			go func() { secondDone <- f.Finish(f.Context(), ended(two, start, erasure.TargetSucceeded), nil) }()
			select {
			case err := <-secondDone:
				return errors.Join(errors.New("the second did not wait for the first"), err)
			case <-time.After(100 * time.Millisecond):
				return nil
			}
		})
		f.must(err)
		f.must(<-secondDone)
		equal(f, "state", f.stored(e.ID).State, erasure.ErasureCompleted)
	},
	"OfManyTargetsAtOnceCompletesTheErasure": func(f *fixture) {
		e := f.accept("c1", "a", "b", "c", "d", "e", "f", "g", "h")
		together(len(e.Targets), func(i int) {
			attempt, err := f.Begin(f.Context(), e.Targets[i].ID, start)
			if err == nil {
				err = f.Finish(f.Context(), ended(attempt, start, erasure.TargetSucceeded), nil)
			}
			if err != nil {
				f.Error(err)
			}
		})
		equal(f, "state", f.stored(e.ID).State, erasure.ErasureCompleted)
	},
	"CompletesTheJobInTheSameTransaction": func(f *fixture) {
		e := f.accept("c1", "stripe")
		attempt := f.begin(e.Targets[0].ID, start)
		broken := errors.New("broken")
		complete := func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM fixture_jobs WHERE target_id = $1`, attempt.Target.ID)
			return err
		}
		r := ended(attempt, start, erasure.TargetSucceeded)
		err := f.Finish(f.Context(), r, func(ctx context.Context, tx *sql.Tx) error { return errors.Join(complete(ctx, tx), broken) })
		f.wantErr(err, broken)
		equal(f, "jobs", f.jobs(), jobsOf(e.Targets))
		equal(f, "state", f.stored(e.ID).Targets[0].State, erasure.TargetInProgress)

		f.must(f.Finish(f.Context(), r, complete))
		equal(f, "jobs", f.jobs(), nil)
		equal(f, "state", f.stored(e.ID).State, erasure.ErasureCompleted)
		err = f.Finish(f.Context(), r, func(context.Context, *sql.Tx) error {
			f.Error("complete ran for an attempt that was superseded")
			return nil
		})
		f.wantErr(err, erasure.ErrSuperseded)
	},
	"KeepsReferencesForAnotherAttempt": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		at := start
		for range 3 {
			attempt := f.begin(id, at)
			equal(f, "references", attempt.Progress.References, references("stripe", "c1"))
			f.must(f.Finish(f.Context(), ended(attempt, at, erasure.TargetPending), nil))
			at = at.Add(time.Minute)
		}
	},
	"ReplacesReferencesWithTheRemaining": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		r := ended(f.begin(id, start), start, erasure.TargetPending)
		r.Progress = &erasure.Progress{References: erasure.References{Payments: []string{"payment-c1"}}}
		f.must(f.Finish(f.Context(), r, nil))
		attempt := f.begin(id, start.Add(time.Minute))
		equal(f, "references", attempt.Progress.References, r.Progress.References)
	},
	"RejectsInvalidRequests": func(f *fixture) {
		e := f.accept("c1", "stripe")
		attempt := f.begin(e.Targets[0].ID, start)
		for _, change := range []func(*erasure.FinishRequest){
			func(r *erasure.FinishRequest) { r.State = erasure.TargetInProgress },
			func(r *erasure.FinishRequest) { r.State = erasure.TargetPending }, // without NextAt
			func(r *erasure.FinishRequest) { r.Reason = "\x00" },
			func(r *erasure.FinishRequest) { r.Reason = "\xff" },
		} {
			r := ended(attempt, start, erasure.TargetSucceeded)
			change(&r)
			if err := f.Finish(f.Context(), r, nil); err == nil {
				f.Errorf("%+v was accepted", r)
			}
		}
		equal(f, "state", f.stored(e.ID).Targets[0].State, erasure.TargetInProgress)
	},
}
