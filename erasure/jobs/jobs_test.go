package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// handler is a jobs.Handler that counts its attempts, and makes them with attempt.
type handler struct {
	mu        sync.Mutex
	attempts  map[string]int
	providers []string // without a number of workers in the queue's configuration
	// connections are those that Beat returns.
	connections []erasure.ConnectionState
	attempt     func(ctx context.Context, id string, n int, complete erasure.TxFunc) (time.Time, error)
	enter       func(ctx context.Context, provider string, giveUp <-chan struct{}) (context.Context, func(), error)
	left        int // calls of Leave
}

func (h *handler) Attempt(ctx context.Context, id string, complete erasure.TxFunc) (time.Time, error) {
	h.mu.Lock()
	if h.attempts == nil {
		h.attempts = map[string]int{}
	}
	h.attempts[id]++
	n := h.attempts[id]
	h.mu.Unlock()
	return h.attempt(ctx, id, n, complete)
}

func (h *handler) Sweep(context.Context, time.Duration, erasure.EnqueueFunc) error {
	return nil
}

func (h *handler) Beat(context.Context, erasure.EnqueueFunc, func(func())) ([]erasure.ConnectionState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.connections), nil
}

func (h *handler) Enter(ctx context.Context, provider string, giveUp <-chan struct{}) (context.Context, func(), error) {
	if h.enter == nil {
		return ctx, func() {}, nil
	}
	return h.enter(ctx, provider, giveUp)
}

func (h *handler) Leave(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left++
	return nil
}

func (h *handler) Providers() []string { return h.providers }

func (h *handler) know(connections ...erasure.ConnectionState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.connections = connections
}

func (h *handler) count(id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.attempts[id]
}

// inTx runs f in a transaction of the store's database.
func inTx(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// enqueue commits jobs to the queue.
func enqueue(t *testing.T, store *sqlstore.Store, q *jobs.Queue, list []erasure.Job) {
	t.Helper()
	if err := inTx(t.Context(), store.DB(), func(tx *sql.Tx) error { return q.Enqueue(t.Context(), tx, list) }); err != nil {
		t.Fatal(err)
	}
}

func openQueue(t *testing.T, store *sqlstore.Store, cfg jobs.Config) *jobs.Queue {
	t.Helper()
	q, err := jobs.Open(t.Context(), store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

func startQueue(t *testing.T, q *jobs.Queue, h jobs.Handler) {
	t.Helper()
	if err := q.Start(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), await.Patience)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// jobStates counts the queue's jobs by state.
func jobStates(t *testing.T, store *sqlstore.Store) map[string]int {
	t.Helper()
	rows, err := store.DB().QueryContext(t.Context(),
		"SELECT CAST(state AS TEXT), COUNT(*) FROM river_job WHERE kind = 'erase_target' GROUP BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	states := map[string]int{}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			t.Fatal(err)
		}
		states[state] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return states
}

func TestJobsAreCommittedWithTheTransaction(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		q := openQueue(t, store, jobs.Config{})
		two := []erasure.Job{{TargetID: "t1", Provider: "stripe"}, {TargetID: "t2", Provider: "mollie"}}
		rolledBack := errors.New("rolled back")
		err := inTx(t.Context(), store.DB(), func(tx *sql.Tx) error {
			return errors.Join(q.Enqueue(t.Context(), tx, two), rolledBack)
		})
		if err == nil || err.Error() != rolledBack.Error() {
			t.Fatal(err)
		}
		if got := jobStates(t, store); len(got) > 0 {
			t.Errorf("after the rollback: %v", got)
		}
		for range 2 { // the second time they exist already
			enqueue(t, store, q, two)
		}
		enqueue(t, store, q, nil)
		if got := jobStates(t, store); got["available"] != 2 || len(got) != 1 {
			t.Errorf("got %v, want two jobs", got)
		}
	})
}

func TestWork(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		const secret = "row of ada@example.com"
		h := &handler{attempt: func(ctx context.Context, id string, n int, complete erasure.TxFunc) (time.Time, error) {
			switch {
			case id == "waits" && n < 3:
				return time.Now().Add(50 * time.Millisecond), nil
			case id == "early" && n < 2:
				return time.Now().Add(-time.Hour), nil // due long ago: at once, and no panic
			case id == "fails" && n < 2:
				return time.Time{}, errors.New(secret)
			case id == "superseded":
				return time.Time{}, nil // a different attempt finished it
			}
			return time.Time{}, inTx(ctx, store.DB(), func(tx *sql.Tx) error { return complete(ctx, tx) })
		}}
		q := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 2}})
		list := []erasure.Job{{TargetID: "elsewhere", Provider: "not-configured"}}
		for _, id := range []string{"plain", "waits", "early", "fails", "superseded"} {
			list = append(list, erasure.Job{TargetID: id, Provider: "stripe"})
		}
		enqueue(t, store, q, list)
		startQueue(t, q, h)
		await.True(t, "all jobs complete", func() bool { return jobStates(t, store)["completed"] == len(list) })
		for id, want := range map[string]int{"plain": 1, "waits": 3, "early": 2, "fails": 2, "superseded": 1, "elsewhere": 1} {
			if got := h.count(id); got != want {
				t.Errorf("%s was attempted %d times, want %d", id, got, want)
			}
		}
		await.True(t, "a leader", func() bool {
			leads, err := jobs.HasLeader(t.Context(), store)
			if err != nil {
				t.Fatal(err)
			}
			return leads
		})
		if stored := argsAndErrors(t, store); strings.Contains(stored, "ada") || !strings.Contains(stored, "see the log") {
			t.Errorf("the queue stores %s", stored)
		}
	})
}

// argsAndErrors returns everything that could be personal in the queue's jobs.
func argsAndErrors(t *testing.T, store *sqlstore.Store) (text string) {
	t.Helper()
	query := "SELECT STRING_AGG(args::text || COALESCE(errors::text, ''), ' ') FROM river_job"
	if store.Engine() == sqlstore.SQLite {
		query = "SELECT GROUP_CONCAT(CAST(args AS TEXT) || COALESCE(CAST(errors AS TEXT), '')) FROM river_job"
	}
	if err := store.DB().QueryRowContext(t.Context(), query).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// The jobs of a provider that has been removed from the configuration still run.
func TestJobsOfARemovedProviderRun(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		before := openQueue(t, store, jobs.Config{Workers: map[string]int{"removed": 1, "stays": 1}})
		enqueue(t, store, before, []erasure.Job{{TargetID: "t1", Provider: "removed"}, {TargetID: "t2", Provider: "stays"}})
		h := &handler{attempt: func(context.Context, string, int, erasure.TxFunc) (time.Time, error) { return time.Time{}, nil }}
		startQueue(t, openQueue(t, store, jobs.Config{Workers: map[string]int{"stays": 1}}), h)
		await.True(t, "both jobs complete", func() bool { return jobStates(t, store)["completed"] == 2 })
	})
}

// A provider that is removed may have any number of jobs.
func TestAllJobsOfARemovedProviderAreMoved(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		list := make([]erasure.Job, 2001)
		for i := range list {
			list[i] = erasure.Job{TargetID: strconv.Itoa(i), Provider: "removed"}
		}
		enqueue(t, store, openQueue(t, store, jobs.Config{Workers: map[string]int{"removed": 1}}), list)
		h := &handler{attempt: func(context.Context, string, int, erasure.TxFunc) (time.Time, error) { return time.Time{}, nil }}
		q := openQueue(t, store, jobs.Config{})
		startQueue(t, q, h)
		unworked, err := q.Unworked(t.Context(), nil)
		if err != nil || len(unworked) != 0 {
			t.Errorf("unworked: %v, %v", unworked, err)
		}
	})
}

// Every provider has a queue of its own, with a name that River accepts.
func TestQueueNames(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		names := []string{
			"stripe", "a-b", "a_b", "a--b", "a__b", "-a-b-", "a-b-", "_", "-", "0",
			strings.Repeat("x", 64), strings.Repeat("x", 63) + "y", strings.Repeat("x", 55), strings.Repeat("x", 54) + "-",
		}
		workers, list := map[string]int{}, []erasure.Job{}
		for _, name := range names {
			workers[name] = 1
			list = append(list, erasure.Job{TargetID: "of " + name, Provider: name})
		}
		enqueue(t, store, openQueue(t, store, jobs.Config{Workers: workers}), list)
		var queues int
		err := store.DB().QueryRowContext(t.Context(), "SELECT count(DISTINCT queue) FROM river_job").Scan(&queues)
		if err != nil || queues != len(names) {
			t.Errorf("%d queues for %d providers, %v", queues, len(names), err)
		}
	})
}

// The jobs of a provider that only another process has wait for that process.
func TestJobsOfAnotherProcessStay(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		there := openQueue(t, store, jobs.Config{Workers: map[string]int{"theirs": 1}})
		enqueue(t, store, there, []erasure.Job{{TargetID: "t1", Provider: "theirs"}})
		h := &handler{attempt: func(context.Context, string, int, erasure.TxFunc) (time.Time, error) { return time.Time{}, nil }}
		h.know(erasure.ConnectionState{Name: "theirs", SeenAt: time.Now()})
		here := openQueue(t, store, jobs.Config{})
		startQueue(t, here, h)
		enqueue(t, store, here, []erasure.Job{{TargetID: "t2", Provider: "theirs"}, {TargetID: "t3", Provider: "gone"}})
		await.True(t, "the job of the provider that is gone", func() bool { return h.count("t3") > 0 })
		if h.count("t1")+h.count("t2") > 0 {
			t.Error("this process worked on a job of another")
		}
		unworked, err := here.Unworked(t.Context(), nil)
		if err != nil || len(unworked) != 1 || unworked["provider-theirs"] != 2 {
			t.Errorf("unworked without the other process: %v, %v", unworked, err)
		}
		unworked, err = here.Unworked(t.Context(), []erasure.ConnectionState{{Name: "theirs", SeenAt: time.Now()}})
		if err != nil || len(unworked) != 0 {
			t.Errorf("unworked with the other process: %v, %v", unworked, err)
		}
	})
}

func TestOpenRejects(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		q, err := jobs.Open(t.Context(), store, jobs.Config{HeartbeatTimeout: erasure.MinHeartbeatTimeout - 1})
		if q != nil || err == nil || !strings.Contains(err.Error(), "HeartbeatTimeout is 999.999999ms: want 1s or more") {
			t.Errorf("%v, %v", q, err)
		}
	})
}

// A provider of the handler whose number of workers is not configured has some.
func TestWorkersAreOptional(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		h := &handler{
			providers: []string{"stripe"},
			attempt:   func(context.Context, string, int, erasure.TxFunc) (time.Time, error) { return time.Time{}, nil },
		}
		h.know(erasure.ConnectionState{Name: "stripe", SeenAt: time.Now()})
		queue := openQueue(t, store, jobs.Config{})
		startQueue(t, queue, h)
		enqueue(t, store, queue, []erasure.Job{{TargetID: "t1", Provider: "stripe"}})
		await.True(t, "the job", func() bool { return h.count("t1") == 1 })
	})
}

// Again finds the job that a target has already, wherever and for whenever it waits.
func TestAgainBringsJobsForward(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		later := time.Now().Add(24 * time.Hour)
		h := &handler{attempt: func(_ context.Context, id string, n int, _ erasure.TxFunc) (time.Time, error) {
			if id == "waits" && n == 1 {
				return later, nil
			}
			return time.Time{}, nil
		}}
		queue := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 1}})
		again := func(id string) {
			t.Helper()
			err := inTx(t.Context(), store.DB(), func(tx *sql.Tx) error {
				return queue.Again(t.Context(), tx, []erasure.Job{{TargetID: id, Provider: "stripe"}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		elsewhere := openQueue(t, store, jobs.Config{}) // does not know the provider
		enqueue(t, store, elsewhere, []erasure.Job{{TargetID: "elsewhere", Provider: "stripe"}})
		again("elsewhere")
		var name string
		if err := store.DB().QueryRowContext(t.Context(), "SELECT queue FROM river_job").Scan(&name); err != nil || name != "provider-stripe" {
			t.Errorf("the job is in queue %q, %v", name, err)
		}
		startQueue(t, queue, h)
		again("waits") // has no job yet
		await.True(t, "the job waits", func() bool { return jobStates(t, store)["scheduled"] == 1 })
		again("waits")
		await.True(t, "the job comes again", func() bool { return h.count("waits") == 2 })
		await.True(t, "both are done", func() bool { return jobStates(t, store)["completed"] == 2 })
	})
}

func TestNoLeaderBeforeStart(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		if leads, err := jobs.HasLeader(t.Context(), store); leads || err != nil {
			t.Errorf("leads %v, err %v", leads, err)
		}
	})
}

// Stop waits for running jobs. When its context ends, it interrupts them and they
// return to the queue.
func TestStop(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		begun := make(chan struct{})
		h := &handler{attempt: func(ctx context.Context, _ string, _ int, _ erasure.TxFunc) (time.Time, error) {
			close(begun)
			<-ctx.Done()
			return time.Now(), nil
		}}
		q := openQueue(t, store, jobs.Config{})
		enqueue(t, store, q, []erasure.Job{{TargetID: "t1", Provider: "stripe"}})
		if err := q.Start(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		<-begun
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if got := jobStates(t, store); got["available"]+got["scheduled"] != 1 {
			t.Errorf("got %v, want the job back in the queue", got)
		}
	})
}
