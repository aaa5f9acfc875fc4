package crashtest

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

const benchAccount = "11111111-1111-4111-8111-111111111111"

// instant is a provider that deletes at once.
type instant struct {
	name  string
	calls *atomic.Int64
}

func (p instant) Name() string { return p.name }

func (instant) Check(context.Context) erasure.Outcome {
	return erasure.Outcome{Kind: erasure.OutcomeNotSupported, Reason: erasure.ReasonNoCheck}
}

func (p instant) Erase(context.Context, erasure.Progress) erasure.Outcome {
	p.calls.Add(1)
	return erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204}
}

// newStore opens an empty database with one account.
func newStore(b testing.TB, database string) *sqlstore.Store {
	b.Helper()
	ring, err := seal.NewRing([]byte("0123456789abcdef0123456789ABCDEF"))
	if err != nil {
		b.Fatal(err)
	}
	store, err := sqlstore.Open(b.Context(), database, ring, sqlstore.Options{Migrate: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	if err := store.CreateAccount(b.Context(), erasure.Account{Code: benchAccount, PublicKey: "public", CreatedAt: time.Now()}); err != nil {
		b.Fatal(err)
	}
	return store
}

// acceptMany imports and deletes n customers of an account, with a target at each of the
// providers.
func acceptMany(b testing.TB, store *sqlstore.Store, account string, n int, providers []string, enqueue erasure.EnqueueFunc) {
	b.Helper()
	var batch []erasure.Customer
	for i := range n {
		c := erasure.Customer{ID: fmt.Sprintf("customer-%08d-0000-4000-8000-000000000000", i), Personal: []byte(`{"email":"somebody@example.com"}`)}
		for _, name := range providers {
			c.Connections = append(c.Connections, erasure.Connection{Provider: name, References: erasure.References{Customer: fmt.Sprintf("cus_%08d", i)}})
		}
		if batch = append(batch, c); len(batch) < 1000 && i < n-1 {
			continue
		}
		if err := store.Import(b.Context(), account, batch); err != nil {
			b.Fatal(err)
		}
		for _, c := range batch {
			now := time.Now()
			r := erasure.AcceptRequest{AccountCode: account, CustomerID: c.ID, At: now, Deadline: now.Add(time.Hour)}
			if _, err := store.Accept(b.Context(), r, enqueue); err != nil {
				b.Fatal(err)
			}
		}
		batch = nil
	}
}

// BenchmarkDrain compares the throughput of targets, at providers that respond at
// once, with that of as many empty River jobs with the same settings. River starts at
// most one job per worker in a tenth of a second, so few workers measure the time that
// a target takes, and many workers what the machine can do.
func BenchmarkDrain(b *testing.B) {
	const erasures = 3334
	for _, each := range []int{17, 100} {
		workers := map[string]int{}
		for _, name := range providerNames[:3] {
			workers[name] = each
		}
		onEachDurable(b, fmt.Sprintf("/workers=%d", 3*each), func(b *testing.B, newDatabase func(testing.TB) string) {
			var ours, bare time.Duration
			for b.Loop() {
				ours += drain(b, newStore(b, newDatabase(b)), erasures, workers)
				bare += drainRiver(b, newStore(b, newDatabase(b)), 3*erasures, workers)
			}
			n := float64(b.N * 3 * erasures)
			b.ReportMetric(n/ours.Seconds(), "targets/s")
			b.ReportMetric(n/bare.Seconds(), "empty/s")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// onEachDurable runs a benchmark on each engine, with the durability of production.
func onEachDurable(b *testing.B, suffix string, bench func(b *testing.B, newDatabase func(testing.TB) string)) {
	b.Run("SQLite"+suffix, func(b *testing.B) { bench(b, databases["SQLite"]) })
	b.Run("PostgreSQL"+suffix, func(b *testing.B) {
		bench(b, func(t testing.TB) string { return pgtest.Start(t).Database(t) })
	})
}

// drain returns how long all targets take to become final.
func drain(b *testing.B, store *sqlstore.Store, erasures int, workers map[string]int) time.Duration {
	b.Helper()
	queue, err := jobs.Open(b.Context(), store, jobs.Config{Workers: workers})
	if err != nil {
		b.Fatal(err)
	}
	defer queue.Close()
	var calls atomic.Int64
	var providers []erasure.Provider
	for name := range workers {
		providers = append(providers, instant{name, &calls})
	}
	service, err := erasure.NewService(store, queue.Enqueue, providers, erasure.Config{})
	if err != nil {
		b.Fatal(err)
	}
	acceptMany(b, store, benchAccount, erasures, providerNames[:3], queue.Enqueue)

	began := time.Now()
	if err := queue.Start(b.Context(), service); err != nil {
		b.Fatal(err)
	}
	took := waitForJobs(b, store.DB(), &calls, int64(3*erasures), began)
	if err := queue.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

// waitForJobs waits until n jobs were run and none is unfinished.
func waitForJobs(b *testing.B, db *sql.DB, calls *atomic.Int64, n int64, began time.Time) time.Duration {
	b.Helper()
	await.OK(b, "every job is completed", func() error {
		if left := n - calls.Load(); left > 0 {
			return await.Remaining(int(left))
		}
		var left int
		err := db.QueryRowContext(b.Context(), `SELECT count(*) FROM river_job WHERE state <> 'completed'`).Scan(&left)
		if err == nil && left > 0 {
			err = await.Remaining(left)
		}
		return err
	})
	return time.Since(began)
}

type emptyArgs struct {
	TargetID string `json:"target_id"`
}

func (emptyArgs) Kind() string { return "empty" }

type emptyWorker struct {
	river.WorkerDefaults[emptyArgs]
	calls *atomic.Int64
}

func (w *emptyWorker) Work(context.Context, *river.Job[emptyArgs]) error {
	w.calls.Add(1)
	return nil
}

// drainRiver returns how long River takes for n empty jobs, in the queues and with
// the settings of package jobs.
func drainRiver(b *testing.B, store *sqlstore.Store, n int, workers map[string]int) time.Duration {
	b.Helper()
	var calls atomic.Int64
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 10}}
	for name, most := range workers {
		queues["provider-"+name] = river.QueueConfig{MaxWorkers: most}
	}
	known := river.NewWorkers()
	river.AddWorker(known, &emptyWorker{calls: &calls})
	client, err := river.NewClient(driverOf(b, store), &river.Config{
		JobTimeout: 45 * time.Second, RescueStuckJobsAfter: 90 * time.Second, Queues: queues, Workers: known,
	})
	if err != nil {
		b.Fatal(err)
	}
	var params []river.InsertManyParams
	for i := range n {
		params = append(params, river.InsertManyParams{
			Args:       emptyArgs{fmt.Sprintf("%036d", i)},
			InsertOpts: &river.InsertOpts{Queue: "provider-" + providerNames[i%3]},
		})
		if len(params) == 1000 || i == n-1 {
			if _, err := client.InsertMany(b.Context(), params); err != nil {
				b.Fatal(err)
			}
			params = nil
		}
	}
	began := time.Now()
	if err := client.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	took := waitForJobs(b, store.DB(), &calls, int64(n), began)
	if err := client.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

func driverOf(b *testing.B, store *sqlstore.Store) riverdriver.Driver[*sql.Tx] {
	b.Helper()
	if store.ListenDSN() == "" {
		return riversqlite.New(store.DB())
	}
	config, err := pgxpool.ParseConfig(store.ListenDSN())
	if err != nil {
		b.Fatal(err)
	}
	config.MinConns, config.MaxConns = 0, 1
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return riverdatabasesql.NewWithPgxListener(store.DB(), pool)
}
