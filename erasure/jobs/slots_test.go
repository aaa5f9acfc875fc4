package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type enteredKey struct{}

// A job for which this process may make no attempt goes back to the queue, and costs none.
// The attempt has the context of what has entered.
func TestAJobWaitsUntilItMayEnter(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		q := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 1}})
		var refused, inside, left atomic.Int32
		h := &handler{
			enter: func(ctx context.Context, provider string, giveUp <-chan struct{}) (context.Context, func(), error) {
				if provider != "stripe" || giveUp == nil {
					t.Errorf("%q enters", provider)
				}
				if refused.Load() < 3 {
					refused.Add(1)
					return nil, nil, errors.New("no slot")
				}
				return context.WithValue(ctx, enteredKey{}, true), func() { left.Add(1) }, nil
			},
			attempt: func(ctx context.Context, _ string, _ int, _ erasure.TxFunc) (time.Time, error) {
				if ctx.Value(enteredKey{}) != nil && left.Load() == 0 {
					inside.Add(1)
				}
				return time.Time{}, nil
			},
		}
		enqueue(t, store, q, []erasure.Job{{TargetID: "t1", Provider: "stripe"}})
		startQueue(t, q, h)
		await.True(t, "the job has ended", func() bool { return jobStates(t, store)["completed"] == 1 })
		if h.count("t1") != 1 || inside.Load() != 1 || left.Load() != 1 {
			t.Errorf("%d attempts, %d inside, %d left", h.count("t1"), inside.Load(), left.Load())
		}
		var attempt int
		if err := store.DB().QueryRowContext(t.Context(), "SELECT attempt FROM river_job WHERE kind = 'erase_target'").Scan(&attempt); err != nil || attempt != 1 {
			t.Errorf("River counts %d attempts, %v", attempt, err)
		}
	})
}

// A queue that stops waits for no job that waits to enter, and then says that it leaves.
func TestStopDoesNotWaitForSlots(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		q := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 1}})
		waits, ended := make(chan struct{}, 1), make(chan error, 1)
		q.EnterFor(time.Hour)
		h := &handler{enter: func(ctx context.Context, _ string, giveUp <-chan struct{}) (context.Context, func(), error) {
			waits <- struct{}{}
			ended <- givenUp(ctx, giveUp)
			return nil, nil, errors.New("no slot")
		}}
		enqueue(t, store, q, []erasure.Job{{TargetID: "t1", Provider: "stripe"}})
		if err := q.Start(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		await.Receive(t, "the job waits", waits)
		if h.left != 0 {
			t.Error("has left")
		}
		if err := q.Stop(t.Context()); err != nil || h.left != 1 {
			t.Errorf("%v, left %d times", err, h.left)
		}
		if err := await.Receive(t, "the job gives up", ended); err != nil {
			t.Errorf("the job was interrupted: %v", err)
		}
		if states := jobStates(t, store); states["available"]+states["scheduled"] != 1 {
			t.Errorf("got %v, want the job in the queue", states)
		}
	})
}

// A job does not wait to enter until it is interrupted.
func TestAJobDoesNotWaitForLong(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		q := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 1}})
		q.EnterFor(time.Millisecond)
		ended := make(chan error, 100)
		h := &handler{enter: func(ctx context.Context, _ string, giveUp <-chan struct{}) (context.Context, func(), error) {
			select {
			case ended <- givenUp(ctx, giveUp):
			default: // the test has its answer
			}
			return nil, nil, errors.New("no slot")
		}}
		enqueue(t, store, q, []erasure.Job{{TargetID: "t1", Provider: "stripe"}})
		startQueue(t, q, h)
		if err := await.Receive(t, "the job gives up", ended); err != nil {
			t.Errorf("the job was interrupted: %v", err)
		}
	})
}

// A process without slots gives a job back for long enough that another one finds it.
func TestAJobGoesBackForOthers(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		q := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 1}})
		q.EnterFor(time.Millisecond)
		h := &handler{enter: func(context.Context, string, <-chan struct{}) (context.Context, func(), error) {
			return nil, nil, errors.New("no slot")
		}}
		enqueue(t, store, q, []erasure.Job{{TargetID: "t1", Provider: "stripe"}})
		startQueue(t, q, h)
		seconds := "EXTRACT(EPOCH FROM scheduled_at - attempted_at)"
		if store.Engine() == sqlstore.SQLite {
			seconds = "(julianday(scheduled_at) - julianday(attempted_at)) * 86400"
		}
		var away float64
		await.True(t, "the job is given back", func() bool {
			err := store.DB().QueryRowContext(t.Context(), "SELECT "+seconds+" FROM river_job WHERE kind = 'erase_target' AND state <> 'running' AND attempted_at IS NOT NULL").Scan(&away)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				t.Fatal(err)
			}
			return err == nil
		})
		if away < 0.99 {
			t.Errorf("given back for %v s; every process looks for jobs once a second", away)
		}
	})
}

// givenUp waits for the end of a channel, or returns the error of a job that is interrupted.
func givenUp(ctx context.Context, giveUp <-chan struct{}) error {
	select {
	case <-giveUp:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// An attempt that panics leaves, too.
func TestAPanicLeaves(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		q := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 1}})
		left := make(chan struct{}, 1)
		h := &handler{
			enter: func(ctx context.Context, _ string, _ <-chan struct{}) (context.Context, func(), error) {
				return ctx, func() { left <- struct{}{} }, nil
			},
			attempt: func(_ context.Context, _ string, n int, _ erasure.TxFunc) (time.Time, error) {
				if n == 1 {
					panic("broken")
				}
				return time.Time{}, nil
			},
		}
		enqueue(t, store, q, []erasure.Job{{TargetID: "t1", Provider: "stripe"}})
		startQueue(t, q, h)
		await.Receive(t, "the first attempt leaves", left)
		await.True(t, "the job has ended", func() bool { return jobStates(t, store)["completed"] == 1 })
		await.Receive(t, "the second attempt leaves", left)
	})
}
