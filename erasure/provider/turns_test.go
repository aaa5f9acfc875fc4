package provider

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// oneRow is a source of turns as a database is: one row that all processes change, in a
// transaction of ten milliseconds.
type oneRow struct {
	row  chan struct{} // a lock; synctest takes a goroutine that waits for a mutex for one that runs
	next time.Time
	asks int
	err  error
}

func newRow() *oneRow { return &oneRow{row: make(chan struct{}, 1)} }

func (o *oneRow) TakeTurns(_ context.Context, r erasure.TurnRequest) (erasure.Turns, error) {
	o.row <- struct{}{}
	defer func() { <-o.row }()
	o.asks++
	time.Sleep(10 * time.Millisecond)
	now := time.Now()
	if earliest := now.Add(-time.Duration(r.Burst-1) * r.Every); o.next.Before(earliest) {
		o.next = earliest
	}
	turns := erasure.Turns{In: o.next.Sub(now)}
	for turns.N < r.N && o.next.Sub(now) <= r.Horizon {
		turns.N++
		o.next = o.next.Add(r.Every)
	}
	return turns, o.err
}

func sharing(t *testing.T, source Turns, l Limits, respond func(*http.Request) (int, string)) *Connection {
	t.Helper()
	c := paypalOver(t, respond)
	c.limits, c.limiter = l, newLimiter(l)
	c.ShareTurns(source)
	return c
}

func TestSharedTurns(t *testing.T) {
	t.Parallel()
	t.Run("OneLimitForAllProcesses", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			source := newRow()
			limits := Limits{PerSecond: 10, Concurrency: 5}
			limiters := []*limiter{sharing(t, source, limits, nil).limiter, sharing(t, source, limits, nil).limiter, sharing(t, source, limits, nil).limiter}
			start := time.Now()
			var group sync.WaitGroup
			for i := range 15 {
				group.Go(func() {
					for range 7 {
						if err := limiters[i%3].wait(t.Context()); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			// Five of the 105 start at once, and the last of the others ten seconds later.
			if took := time.Since(start); took < 10*time.Second || took > 10*time.Second+100*time.Millisecond {
				t.Errorf("took %v, want 10s", took)
			}
			if source.asks >= 105 {
				t.Errorf("asked %d times for 105 turns, want several at once", source.asks)
			}
		})
	})
	t.Run("NoTurnWithinTheHorizon", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			source := newRow()
			c := sharing(t, source, Limits{PerSecond: 0.01, Concurrency: 1}, func(r *http.Request) (int, string) {
				if isTokenRequest(r) {
					return 200, `{"access_token":"a","expires_in":600}`
				}
				return 204, ""
			})
			erase := func() erasure.Outcome {
				return c.Erase(t.Context(), erasure.Progress{References: erasure.References{Tokens: []string{"tok_1"}}})
			}
			if outcome := erase(); outcome.Kind != erasure.OutcomeSucceeded {
				t.Fatalf("got %+v", outcome)
			}
			for range 3 { // those without a turn delay nobody
				if outcome := erase(); outcome.Kind != erasure.OutcomeDeferred || outcome.Reason != erasure.ReasonWaitingForTurn {
					t.Fatalf("got %+v", outcome)
				}
			}
			time.Sleep(100 * time.Second)
			if outcome := erase(); outcome.Kind != erasure.OutcomeSucceeded {
				t.Errorf("got %+v", outcome)
			}
			if c.limiter.slots.used != 0 {
				t.Error("a slot is taken")
			}
		})
	})
	t.Run("DatabaseIsAway", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := sharing(t, &oneRow{row: make(chan struct{}, 1), err: errors.New("away")}, defaultLimits, func(*http.Request) (int, string) {
				t.Error("a request without a turn")
				return 204, ""
			})
			outcome := c.Erase(t.Context(), erasure.Progress{References: erasure.References{Tokens: []string{"tok_1"}}})
			if outcome.Kind != erasure.OutcomeDeferred || outcome.Reason != erasure.ReasonWaitingForTurn {
				t.Errorf("got %+v", outcome)
			}
		})
	})
	t.Run("ContextEnds", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := sharing(t, newRow(), Limits{PerSecond: 0.2, Concurrency: 1}, nil).limiter
			if err := l.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := l.wait(ctx); !errors.Is(err, errNoTurn) || time.Since(start) >= time.Second {
				t.Errorf("got %v after %v, want an error at once: the turn is in 5s", err, time.Since(start))
			}
			ctx, cancel = context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if err := l.wait(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the end of the context", err)
			}
		})
	})
}
