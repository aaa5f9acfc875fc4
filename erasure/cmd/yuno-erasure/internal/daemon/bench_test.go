//go:build unix

package daemon

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/tracing"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

// BenchmarkTelemetry compares deletes over loopback HTTP with and without metrics and
// traces, of which every one is exported, on SQLite with full durability. They take turns on
// one database, so that other load affects both; the ratios are what is significant, which
// are those of deletes per second and of processor time per delete. On a busy machine only
// the second one is steady. Both include the client and the collector, which reads and
// discards. Spans are exported in the turn in which they ended.
func BenchmarkTelemetry(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { newTelemetryBenchmark(b).run(b, clients) })
	}
}

type telemetryBenchmark struct {
	store   *sqlstore.Store
	account string
	ways    []*telemetryWay
}

type telemetryWay struct {
	name string
	yuno *client.Client
	ids  []string
	took time.Duration
	used time.Duration // processor time
	// finish ends what a turn has left to do.
	finish func(context.Context) error
}

func newTelemetryBenchmark(b *testing.B) *telemetryBenchmark {
	b.Helper()
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	key := sha256.Sum256([]byte("a master key for benchmarks"))
	ring, err := seal.NewRing(key[:])
	check(err)
	store, err := sqlstore.Open(ctx, "file:"+filepath.Join(b.TempDir(), "test.db"), ring, sqlstore.Options{Migrate: true})
	check(err)
	b.Cleanup(func() { _ = store.Close() })
	creds := client.Credentials{AccountCode: uuid.NewString(), PublicAPIKey: uuid.NewString(), PrivateSecretKey: uuid.NewString()}
	check(store.CreateAccount(ctx, erasure.Account{
		Code: creds.AccountCode, PublicKey: creds.PublicAPIKey, SecretHash: sha256.Sum256([]byte(creds.PrivateSecretKey)), CreatedAt: time.Now(),
	}))
	bench := &telemetryBenchmark{store: store, account: creds.AccountCode}
	observed, finish := observedHandler(b, store)
	bench.ways = []*telemetryWay{
		{name: "without", yuno: serveTo(b, creds, bareHandler(b, store)), finish: func(context.Context) error { return nil }},
		{name: "with", yuno: serveTo(b, creds, observed), finish: finish},
	}
	return bench
}

// serveTo serves a handler, and returns a client of it.
func serveTo(b *testing.B, creds client.Credentials, handler http.Handler) *client.Client {
	b.Helper()
	srv := httptest.NewServer(handler)
	b.Cleanup(srv.Close)
	yuno, err := client.New(creds, client.WithBaseURL(srv.URL+"/v1"))
	if err != nil {
		b.Fatal(err)
	}
	return yuno
}

// bareHandler is the service without telemetry.
func bareHandler(b *testing.B, store *sqlstore.Store) http.Handler {
	b.Helper()
	queue, err := jobs.Open(b.Context(), store, jobs.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(queue.Close)
	service, err := erasure.NewService(store, queue.Enqueue, nil, erasure.Config{})
	if err != nil {
		b.Fatal(err)
	}
	handler, err := server.New(service, erasure.Authenticator{Accounts: store}, server.WithOperations(erasure.Operation), server.WithGuard())
	if err != nil {
		b.Fatal(err)
	}
	return handler
}

// observedHandler is the service as serve has it, with a collector. The function exports the
// spans that have ended.
func observedHandler(b *testing.B, store *sqlstore.Store) (http.Handler, func(context.Context) error) {
	b.Helper()
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	b.Cleanup(collector.Close)
	log := slog.New(contextHandler{slog.DiscardHandler})
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	traces, err := tracing.Start(b.Context(), log)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(traces.Stop)
	d, err := New(b.Context(), store, nil, Config{Logger: log, Tracing: traces})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	return d.Handler, traces.Flush
}

func (bench *telemetryBenchmark) run(b *testing.B, clients int) {
	for _, way := range bench.ways {
		way.ids = bench.customers(b, way.name, b.N)
	}
	b.ResetTimer()
	const turns = 50
	for turn := range turns {
		from, to := turn*b.N/turns, (turn+1)*b.N/turns
		for i := range bench.ways {
			way := bench.ways[(i+turn)%len(bench.ways)]
			way.turn(b, clients, way.ids[from:to])
		}
	}
	for _, way := range bench.ways {
		b.ReportMetric(float64(b.N)/way.took.Seconds(), way.name+"/s")
		b.ReportMetric(float64(way.used.Microseconds())/float64(b.N), way.name+"-cpu-µs")
	}
	without, with := bench.ways[0], bench.ways[1]
	b.ReportMetric(without.took.Seconds()/with.took.Seconds(), "ratio")
	b.ReportMetric(without.used.Seconds()/with.used.Seconds(), "cpu-ratio")
	b.ReportMetric(0, "ns/op")
}

// customers imports n customers with three targets each, and returns their ids.
func (bench *telemetryBenchmark) customers(b *testing.B, prefix string, n int) (ids []string) {
	b.Helper()
	for len(ids) < n {
		batch := make([]erasure.Customer, min(500, n-len(ids)))
		for i := range batch {
			id := fmt.Sprintf("%s-%d", prefix, len(ids))
			ids = append(ids, id)
			batch[i] = erasure.Customer{ID: id, Personal: []byte(`{"email": "customer@example.com"}`)}
			for _, provider := range []string{"stripe", "mollie", "adyen"} {
				connection := erasure.Connection{Provider: provider, References: erasure.References{Customer: id}}
				batch[i].Connections = append(batch[i].Connections, connection)
			}
		}
		if err := bench.store.Import(b.Context(), bench.account, batch); err != nil {
			b.Fatal(err)
		}
	}
	return ids
}

// turn sends a delete for each id from a number of clients, and adds up the time it takes.
func (way *telemetryWay) turn(b *testing.B, clients int, ids []string) {
	b.Helper()
	start, used := time.Now(), processorTime(b)
	queue := make(chan string)
	var workers sync.WaitGroup
	for range clients {
		workers.Go(func() {
			for id := range queue {
				if err := way.yuno.DeleteCustomer(b.Context(), id); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	workers.Wait()
	if err := way.finish(b.Context()); err != nil {
		b.Fatal(err)
	}
	way.took += time.Since(start)
	way.used += processorTime(b) - used
}

// processorTime returns the processor time that this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
