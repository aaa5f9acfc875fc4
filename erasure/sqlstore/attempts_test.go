package sqlstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestAttempts(t *testing.T) { runOnFixtures(t, attemptTests) }

var attemptTests = map[string]func(*fixture){
	"BeginCountsTheAttempt": func(f *fixture) {
		e := f.accept("c1", "stripe")
		at := start.Add(time.Minute)
		attempt := f.begin(e.Targets[0].ID, at)
		equal(f, "attempt", attempt, erasure.Attempt{
			Target: erasure.Target{
				ID: e.Targets[0].ID, ErasureID: e.ID, Provider: "stripe",
				State: erasure.TargetInProgress, Attempts: 1, UpdatedAt: at,
			},
			Deadline: e.Deadline, Progress: erasure.Progress{References: references("stripe", "c1")},
		})
		want := attempt.Target
		want.Evidence = []erasure.Evidence{{At: at, State: erasure.TargetInProgress, Attempt: 1}}
		equal(f, "stored", f.stored(e.ID).Targets[0], want)
	},
	"BeginWaitsUntilDue": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		r := ended(f.begin(id, start), start, erasure.TargetPending)
		r.NextAt = start.Add(time.Hour)
		f.must(f.Finish(f.Context(), r, nil))

		_, err := f.Begin(f.Context(), id, r.NextAt.Add(-time.Microsecond))
		var notDue *erasure.NotDueError
		if !errors.As(err, &notDue) || !notDue.NextAt.Equal(r.NextAt) {
			f.Errorf("got %v, want not due before %v", err, r.NextAt)
		}
		attempt := f.begin(id, r.NextAt)
		equal(f, "attempts", attempt.Target.Attempts, 2)
		equal(f, "reason of the previous attempt", attempt.Target.Reason, "because")
		equal(f, "status of the previous attempt", attempt.Target.Status, 200)
		evidence := f.stored(attempt.Target.ErasureID).Targets[0].Evidence
		equal(f, "evidence, which repeats neither", evidence[2], erasure.Evidence{At: r.NextAt, State: erasure.TargetInProgress, Attempt: 2})
	},
	"BeginTakesOverALostAttempt": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		lost := f.begin(id, start)
		taken := f.begin(id, start.Add(-time.Hour)) // even if the clock was set back
		equal(f, "attempts", taken.Target.Attempts, 2)
		equal(f, "references", taken.Progress.References, lost.Progress.References)

		f.wantErr(f.Finish(f.Context(), ended(lost, start, erasure.TargetFailed), nil), erasure.ErrSuperseded)
		f.must(f.Finish(f.Context(), ended(taken, start, erasure.TargetSucceeded), nil))
		f.wantErr(f.Finish(f.Context(), ended(taken, start, erasure.TargetFailed), nil), erasure.ErrSuperseded)
		_, err := f.Begin(f.Context(), id, start.Add(time.Hour))
		f.wantErr(err, erasure.ErrSuperseded)
	},
	"BeginSaysThatAnAttemptWasLost": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		equal(f, "lost at first", f.begin(id, start).Progress.Lost, false)
		taken := f.begin(id, start)
		equal(f, "lost", taken.Progress.Lost, true)
		f.must(f.Finish(f.Context(), ended(taken, start, erasure.TargetPending), nil))
		at := start.Add(time.Minute)
		next := f.begin(id, at)
		equal(f, "lost, after an outcome that changed nothing", next.Progress.Lost, true)
		r := ended(next, at, erasure.TargetPending)
		r.Progress = &erasure.Progress{References: references("stripe", "c1"), Unconfirmed: []string{"customer"}}
		f.must(f.Finish(f.Context(), r, nil))
		at = at.Add(time.Minute)
		equal(f, "progress, after one that did", f.begin(id, at).Progress, *r.Progress)
	},
	"FinishKeepsProgressForAPersonsRetry": func(f *fixture) {
		for _, state := range []erasure.TargetState{erasure.TargetActionRequired, erasure.TargetFailed, erasure.TargetPending} {
			id := f.accept("c-"+string(state), "adyen").Targets[0].ID
			r := ended(f.begin(id, start), start, state)
			r.Progress = &erasure.Progress{References: erasure.References{Tokens: []string{"tok_b", "tok_c"}}, Done: []string{"x"}, Lost: true}
			f.must(f.Finish(f.Context(), r, nil))
			at := start.Add(time.Hour)
			if state.Final() {
				f.must(f.Retry(f.Context(), []string{id}, at, at.Add(month), enqueue))
			}
			equal(f, "progress after "+string(state), f.begin(id, at).Progress, *r.Progress)
		}
	},
	"ConcurrentBeginsAreDifferentAttempts": func(f *fixture) {
		id := f.accept("c1", "stripe").Targets[0].ID
		var numbers [20]int
		together(len(numbers), func(i int) {
			attempt, err := f.Begin(f.Context(), id, start)
			if err != nil {
				f.Error(err)
			}
			numbers[i] = attempt.Target.Attempts
		})
		seen := map[int]bool{}
		for _, n := range numbers {
			seen[n] = true
		}
		equal(f, "different attempts", len(seen), len(numbers))
	},
	"UnknownTargetsAreNotFound": func(f *fixture) {
		for _, id := range []string{"", "unknown", "\x00", "\xff"} {
			_, err := f.Begin(f.Context(), id, start)
			f.wantErr(err, erasure.ErrNotFound)
			r := erasure.FinishRequest{TargetID: id, Attempt: 1, At: start, State: erasure.TargetSucceeded}
			f.wantErr(f.Finish(f.Context(), r, nil), erasure.ErrNotFound)
		}
	},
	"StrandedReturnsTheLongestDue": func(f *fixture) {
		begun, waiting, done, fresh := f.accept("c1", "stripe"), f.accept("c2", "adyen"), f.accept("c3", "stripe"), f.accept("c4", "mollie")
		final := ended(f.begin(done.Targets[0].ID, start), start, erasure.TargetSucceeded)
		final.NextAt = start // ignored for a final state
		f.must(f.Finish(f.Context(), final, nil))
		f.begin(begun.Targets[0].ID, start.Add(2*time.Minute))
		f.finish(waiting.Targets[0].ID, start, erasure.TargetPending) // due in a minute
		r := ended(f.begin(fresh.Targets[0].ID, start), start, erasure.TargetPending)
		r.NextAt = start.Add(time.Hour)
		f.must(f.Finish(f.Context(), r, nil))

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
			list, err := f.Stranded(f.Context(), start.Add(test.before), nil, test.limit)
			f.must(err)
			var got []erasure.Job
			for _, one := range list {
				got = append(got, one.Job)
			}
			equal(f, "stranded before "+test.before.String(), got, test.want)
		}
	},
}
