package bulk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// An interruption ends a wait at once. The failures of the outage are in the report.
func TestInterruptedDuringAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, 1000)
		ctx, cancel := context.WithCancel(t.Context())
		started := time.Now()
		time.AfterFunc(20*time.Second, cancel)
		s := &flaky{started: started, till: time.Hour, failure: Result{Outcome: Failed, Code: CodeConnectionRefused}}
		r.erase, r.options = s.erase, RunOptions{GiveUpAfter: time.Hour}
		summary, err := r.run(ctx, false)
		if !errors.Is(err, context.Canceled) || summary.Failed < sameOutcomeLimit || summary.Failed+summary.NotSent != 1000 || time.Since(started) != 20*time.Second {
			t.Errorf("%+v, %v after %v", summary, err, time.Since(started))
		}
	})
}

// A run that is interrupted just after an outage records how each id has failed, also of
// those that were about to be sent again.
func TestInterruptedAfterAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, 952) // 8 in 10 ms: the last 24 fail
		ctx, cancel := context.WithCancel(t.Context())
		s := &flaky{started: time.Now(), from: 1165 * time.Millisecond, till: 5 * time.Second, failure: Result{Outcome: Failed, Code: CodeConnectionRefused}}
		failed := map[string]bool{}
		var mu sync.Mutex
		r.erase = func(ctx context.Context, id string) Result {
			result := s.erase(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			delete(failed, id)
			if result.Outcome == Failed {
				failed[id] = true
			}
			return result
		}
		r.options = RunOptions{GiveUpAfter: time.Hour, Waiting: func(w Wait) {
			if w.Since.IsZero() {
				cancel()
			}
		}}
		summary, err := r.run(ctx, false)
		if !errors.Is(err, context.Canceled) || len(failed) < sameOutcomeLimit || summary.Failed != len(failed) {
			t.Errorf("%+v, %v, want %d failed", summary, err, len(failed))
		}
	})
}

// However often an id is sent in one outage, it was in one.
func TestOneOutageOfTheLastIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &flaky{from: 125 * time.Millisecond, till: 10 * time.Minute, failure: Result{Outcome: Failed, Code: CodeConnectionRefused}}
		_, summary, err := runFlaky(t, 98, s, RunOptions{GiveUpAfter: 15 * time.Minute}) // 8 in 10 ms: the last two fail
		if err != nil || summary != (Summary{Accepted: 98}) || len(s.sent) < 2*(maxReturns+2) {
			t.Errorf("%+v, %v after %d failures", summary, err, len(s.sent))
		}
	})
}

// Ids that the service cannot cope with look like an outage. They do not keep others from
// being sent, nor the run going for ever.
func TestIDsThatAlwaysFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, from, till = 5000, 200, 230
		r := newRunner(t, n)
		r.erase = func(_ context.Context, id string) Result {
			time.Sleep(10 * time.Millisecond)
			var number int
			if _, err := fmt.Sscanf(id, "c%d", &number); err != nil || number >= from && number < till {
				return Result{Outcome: Failed, Status: 500}
			}
			return Result{Outcome: Accepted, Status: 202}
		}
		r.options.GiveUpAfter = 24 * time.Hour
		started := time.Now()
		summary, err := r.run(t.Context(), false)
		if err != nil || summary != (Summary{Accepted: n - (till - from), Failed: till - from}) || time.Since(started) > 5*time.Minute {
			t.Errorf("%+v, %v after %v", summary, err, time.Since(started))
		}
	})
}

// At the end of the list, nothing is decided while a request is under way or an id is to
// be sent again: its failure may belong to the same outage.
func TestTheEndIsNotDecidedEarly(t *testing.T) {
	t.Parallel()
	failure := Result{ID: "c0", Outcome: Failed, Status: 500}
	one := pending{Record: Record{ID: "c0"}, last: &failure}
	for name, c := range map[string]struct {
		open     int
		returned []pending
		again    bool
	}{
		"UnderWay":    {1, nil, false},
		"SentAgain":   {0, []pending{{Record: Record{N: 1, ID: "c1"}, last: &failure}}, true},
		"TakenBack":   {0, []pending{{Record: Record{N: 1, ID: "c1"}}}, true},
		"NothingLeft": {0, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var final []Result
			r := newRun(newRunner(t, 2).prepare(false), nil, RunOptions{Concurrency: 1, Observe: func(r Result) { final = append(final, r) }}, nil)
			r.open, r.outage.held, r.outage.returned = c.open, []held{{pending: one}}, c.returned
			again, err := r.atTheEnd()
			if err != nil || again != c.again || len(r.outage.returned) != len(c.returned) || (len(final) > 0) != (name == "NothingLeft") {
				t.Errorf("again %t, %v, %d returned, final %+v", again, err, len(r.outage.returned), final)
			}
		})
	}
}
