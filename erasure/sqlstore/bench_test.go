package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// onEachDurable runs a benchmark on each engine, with the durability of production.
func onEachDurable(b *testing.B, benchmark func(b *testing.B, store *sqlstore.Store)) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			newDSN := engines.Empty[name]
			if name == "PostgreSQL" {
				newDSN = func(t testing.TB) string { return pgtest.Start(t).Database(t) }
			}
			store := open(b, newDSN(b), newRing(b, 1))
			createAccount(b, store)
			benchmark(b, store)
		})
	}
}

type benchArgs struct {
	TargetID string `json:"target_id"`
}

func (benchArgs) Kind() string { return "erase_target" }

// queue returns an enqueue function that inserts River jobs, as the service does.
func queue(b *testing.B, store *sqlstore.Store) erasure.EnqueueFunc {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(store.DB())
	if store.Engine() == sqlstore.PostgreSQL {
		driver = riverdatabasesql.New(store.DB())
	}
	client, err := river.NewClient(driver, &river.Config{})
	if err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
		params := make([]river.InsertManyParams, len(jobs))
		for i, job := range jobs {
			params[i] = river.InsertManyParams{Args: benchArgs{job.TargetID}}
		}
		_, err := client.InsertManyTx(ctx, tx, params)
		return err
	}
}

// importMany adds n customers with three connections each, and returns their ids.
func importMany(b *testing.B, store *sqlstore.Store, prefix string, n int) []string {
	b.Helper()
	var ids []string
	for batch := range slices.Chunk(make([]struct{}, n), 1000) {
		customers := make([]erasure.Customer, len(batch))
		for i := range customers {
			c := &customers[i]
			c.ID = fmt.Sprintf("%s-%08d-0000-4000-8000-000000000000", prefix, len(ids))
			c.MerchantCustomerID = "merchant-" + c.ID
			c.Personal = fmt.Appendf(nil, `{"email":"%s@example.com","first_name":"Ana","last_name":"Silva","document":{"document_number":"%s"}}`, c.ID, c.ID)
			for _, provider := range []string{"adyen", "mollie", "stripe"} {
				c.Connections = append(c.Connections, erasure.Connection{
					Provider: provider, References: erasure.References{Customer: "cus_" + c.ID, Tokens: []string{"tok_" + c.ID}},
				})
			}
			ids = append(ids, c.ID)
		}
		if err := store.Import(b.Context(), account, customers); err != nil {
			b.Fatal(err)
		}
	}
	return ids
}

// accept accepts the erasure of a customer.
func accept(b *testing.B, store *sqlstore.Store, id string, enqueue erasure.EnqueueFunc) erasure.Erasure {
	e, err := store.Accept(b.Context(), erasure.AcceptRequest{
		AccountCode: account, CustomerID: id, At: start, Deadline: start.Add(time.Hour),
	}, enqueue)
	if err != nil {
		b.Error(err)
	}
	return e
}

// parallel calls f(0) to f(n-1) from a number of goroutines, and returns the time it
// took.
func parallel(workers, n int, f func(i int)) time.Duration {
	var next atomic.Int64
	done := make(chan struct{})
	began := time.Now()
	for range workers {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		}()
	}
	for range workers {
		<-done
	}
	return time.Since(began)
}

// BenchmarkAcceptLatency compares the median latency of Accept with 10,000 and with
// 1,000,000 customers in the table, by alternating between two databases.
func BenchmarkAcceptLatency(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			newDSN := engines.Empty[name]
			if name == "PostgreSQL" {
				newDSN = pgtest.Start(b).Database // one server for both
			}
			sizes := []int{10_000, 1_000_000}
			var accepts [2]func(i int)
			for k, size := range sizes {
				store := open(b, newDSN(b), newRing(b, 1))
				createAccount(b, store)
				ids, enqueue := importMany(b, store, "customer", size), queue(b, store)
				// From all over the table, in the order of no index.
				accepts[k] = func(i int) { accept(b, store, ids[i*7919%size], enqueue) }
			}
			var took [2][]time.Duration
			for i := range 2000 {
				for k := range accepts {
					began := time.Now()
					accepts[k](i)
					took[k] = append(took[k], time.Since(began))
				}
			}
			for b.Loop() { // everything is measured above
			}
			median := func(all []time.Duration) float64 {
				slices.Sort(all)
				return float64(all[len(all)/2].Microseconds())
			}
			few, many := median(took[0]), median(took[1])
			b.ReportMetric(few, "µs@10k")
			b.ReportMetric(many, "µs@1M")
			b.ReportMetric(many/few, "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkAttempts measures how many targets per second 50 workers begin and finish.
func BenchmarkAttempts(b *testing.B) {
	onEachDurable(b, func(b *testing.B, store *sqlstore.Store) {
		const erasures = 500
		var took time.Duration
		for n := 0; b.Loop(); n++ {
			b.StopTimer()
			var targets []string
			for _, id := range importMany(b, store, fmt.Sprintf("round%d", n), erasures) {
				e := accept(b, store, id, func(context.Context, *sql.Tx, []erasure.Job) error { return nil })
				for _, target := range e.Targets {
					targets = append(targets, target.ID)
				}
			}
			b.StartTimer()
			took += parallel(50, len(targets), func(i int) {
				if err := succeed(b.Context(), store, targets[i]); err != nil {
					b.Error(err)
				}
			})
		}
		b.ReportMetric(float64(b.N*3*erasures)/took.Seconds(), "targets/s")
		b.ReportMetric(0, "ns/op")
	})
}
