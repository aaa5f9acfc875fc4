package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// A paused connection's jobs are not even fetched, and run when it is resumed.
func TestPausedConnection(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		h := &handler{attempt: func(context.Context, string, int, erasure.TxFunc) (time.Time, error) { return time.Time{}, nil }}
		workers := jobs.Config{Workers: map[string]int{"paused": 2, "works": 2}, HeartbeatTimeout: time.Second}
		queue := openQueue(t, store, workers)
		startQueue(t, queue, h)
		paused := erasure.ConnectionState{Name: "paused", SeenAt: time.Now(), PausedAt: time.Now()}
		h.know(paused)
		isPaused := func() (paused bool) {
			err := store.DB().QueryRowContext(t.Context(),
				"SELECT paused_at IS NOT NULL FROM river_queue WHERE name = 'provider-paused'").Scan(&paused)
			if err != nil {
				t.Fatal(err)
			}
			return paused
		}
		await.True(t, "the queue is paused", isPaused)
		enqueue(t, store, queue, []erasure.Job{{TargetID: "held", Provider: "paused"}, {TargetID: "goes on", Provider: "works"}})
		await.True(t, "the other connection's job", func() bool { return h.count("goes on") == 1 })
		paused.PausedAt = time.Time{}
		h.know(paused)
		await.True(t, "the queue is resumed", func() bool { return !isPaused() })
		await.True(t, "the job that was held", func() bool { return h.count("held") == 1 })
	})
}

// A process that was slow has paused a queue after its connection was resumed, and died.
func TestQueueLeftPaused(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		h := &handler{attempt: func(context.Context, string, int, erasure.TxFunc) (time.Time, error) { return time.Time{}, nil }}
		h.know(erasure.ConnectionState{Name: "works", SeenAt: time.Now()})
		queue := openQueue(t, store, jobs.Config{Workers: map[string]int{"works": 1}, HeartbeatTimeout: time.Second})
		startQueue(t, queue, h)
		enqueue(t, store, queue, []erasure.Job{{TargetID: "before", Provider: "works"}})
		await.True(t, "the queue works", func() bool { return h.count("before") == 1 })
		_, err := store.DB().ExecContext(t.Context(), "UPDATE river_queue SET paused_at = CURRENT_TIMESTAMP WHERE name = 'provider-works'")
		if err != nil {
			t.Fatal(err)
		}
		await.True(t, "the queue is resumed", func() bool {
			var paused bool
			err := store.DB().QueryRowContext(t.Context(), "SELECT paused_at IS NOT NULL FROM river_queue WHERE name = 'provider-works'").Scan(&paused)
			return err == nil && !paused
		})
	})
}
