package storetest

import (
	"errors"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

var attemptTests = map[string]func(*bench){
	"BeginCountsAndTellsWhen": func(b *bench) {
		e := b.accept("c1", "stripe")
		at := start.Add(time.Minute)
		attempt := b.begin(e.Targets[0].ID, at)
		equal(b, "attempt", attempt, erasure.Attempt{
			Target: erasure.Target{
				ID: e.Targets[0].ID, ErasureID: e.ID, Provider: "stripe",
				State: erasure.TargetInProgress, Attempts: 1, UpdatedAt: at,
			},
			Deadline: e.Deadline, References: references("stripe", "c1"),
		})
		want := attempt.Target
		want.Evidence = []erasure.Evidence{{At: at, State: erasure.TargetInProgress, Attempt: 1}}
		equal(b, "stored", b.erasure(e.ID).Targets[0], want)
	},
	"BeginWaitsUntilDue": func(b *bench) {
		id := b.accept("c1", "stripe").Targets[0].ID
		r := ended(b.begin(id, start), start, erasure.TargetPending)
		r.NextAt = start.Add(time.Hour)
		b.must(b.Finish(b.ctx, r, nil))

		_, err := b.Begin(b.ctx, id, r.NextAt.Add(-time.Microsecond))
		var notDue *erasure.NotDueError
		if !errors.As(err, &notDue) || !notDue.NextAt.Equal(r.NextAt) {
			b.Errorf("got %v, want not due before %v", err, r.NextAt)
		}
		attempt := b.begin(id, r.NextAt)
		equal(b, "attempts", attempt.Target.Attempts, 2)
		equal(b, "reason of the last one", attempt.Target.Reason, "because")
		equal(b, "status of the last one", attempt.Target.Status, 200)
		evidence := b.erasure(attempt.Target.ErasureID).Targets[0].Evidence
		equal(b, "evidence, which does not repeat them", evidence[2], erasure.Evidence{At: r.NextAt, State: erasure.TargetInProgress, Attempt: 2})
	},
	"BeginTakesOverALostAttempt": func(b *bench) {
		id := b.accept("c1", "stripe").Targets[0].ID
		lost := b.begin(id, start)
		taken := b.begin(id, start.Add(-time.Hour)) // whatever the clock says
		equal(b, "attempts", taken.Target.Attempts, 2)
		equal(b, "references", taken.References, lost.References)

		b.wantErr(b.Finish(b.ctx, ended(lost, start, erasure.TargetFailed), nil), erasure.ErrSuperseded)
		b.must(b.Finish(b.ctx, ended(taken, start, erasure.TargetSucceeded), nil))
		b.wantErr(b.Finish(b.ctx, ended(taken, start, erasure.TargetFailed), nil), erasure.ErrSuperseded)
		_, err := b.Begin(b.ctx, id, start.Add(time.Hour))
		b.wantErr(err, erasure.ErrSuperseded)
	},
	"BeginOnceOfManyInARow": func(b *bench) {
		id := b.accept("c1", "stripe").Targets[0].ID
		var numbers [20]int
		together(len(numbers), func(i int) {
			attempt, err := b.Begin(b.ctx, id, start)
			if err != nil {
				b.Error(err)
			}
			numbers[i] = attempt.Target.Attempts
		})
		seen := map[int]bool{}
		for _, n := range numbers {
			seen[n] = true
		}
		equal(b, "different attempts", len(seen), len(numbers))
	},
	"UnknownTargetsAreNotFound": func(b *bench) {
		for _, id := range []string{"", "unknown", "\x00", "\xff"} {
			_, err := b.Begin(b.ctx, id, start)
			b.wantErr(err, erasure.ErrNotFound)
			r := erasure.FinishRequest{TargetID: id, Attempt: 1, At: start, State: erasure.TargetSucceeded}
			b.wantErr(b.Finish(b.ctx, r, nil), erasure.ErrNotFound)
		}
	},
	"StrandedAreThoseLongDue": func(b *bench) {
		begun, waiting, done, fresh := b.accept("c1", "stripe"), b.accept("c2", "adyen"), b.accept("c3", "stripe"), b.accept("c4", "mollie")
		final := ended(b.begin(done.Targets[0].ID, start), start, erasure.TargetSucceeded)
		final.NextAt = start // which means nothing here
		b.must(b.Finish(b.ctx, final, nil))
		b.begin(begun.Targets[0].ID, start.Add(2*time.Minute))
		b.finish(waiting.Targets[0].ID, start, erasure.TargetPending) // due in a minute
		r := ended(b.begin(fresh.Targets[0].ID, start), start, erasure.TargetPending)
		r.NextAt = start.Add(time.Hour)
		b.must(b.Finish(b.ctx, r, nil))

		for _, test := range []struct {
			before time.Duration
			limit  int
			want   []erasure.Job
		}{
			{time.Minute, 10, nil},
			{time.Minute + 1000, 10, []erasure.Job{{TargetID: waiting.Targets[0].ID, Provider: "adyen"}}},
			{time.Hour, 10, []erasure.Job{
				{TargetID: waiting.Targets[0].ID, Provider: "adyen"}, {TargetID: begun.Targets[0].ID, Provider: "stripe"},
			}},
			{time.Hour, 1, []erasure.Job{{TargetID: waiting.Targets[0].ID, Provider: "adyen"}}},
		} {
			got, err := b.Stranded(b.ctx, start.Add(test.before), test.limit)
			b.must(err)
			equal(b, "stranded before "+test.before.String(), got, test.want)
		}
	},
}
