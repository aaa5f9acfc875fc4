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
// one database, so that other load affects both; the ratio is what is significant.
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
	for name, handler := range map[string]http.Handler{"without": bareHandler(b, store), "with": observedHandler(b, store)} {
		srv := httptest.NewServer(handler)
		b.Cleanup(srv.Close)
		yuno, err := client.New(creds, client.WithBaseURL(srv.URL+"/v1"))
		check(err)
		bench.ways = append(bench.ways, &telemetryWay{name: name, yuno: yuno})
	}
	return bench
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

// observedHandler is the service as serve has it, with a collector.
func observedHandler(b *testing.B, store *sqlstore.Store) http.Handler {
	b.Helper()
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	b.Cleanup(collector.Close)
	log := slog.New(contextHandler{slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn})})
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
	return d.Handler
}

func (bench *telemetryBenchmark) run(b *testing.B, clients int) {
	for _, way := range bench.ways {
		way.ids = bench.customers(b, way.name, b.N)
	}
	b.ResetTimer()
	const turns = 50
	for turn := range turns {
		from, to := turn*b.N/turns, (turn+1)*b.N/turns
		for _, way := range bench.ways {
			way.took += way.eraseAll(b, clients, way.ids[from:to])
		}
	}
	rates := map[string]float64{}
	for _, way := range bench.ways {
		rates[way.name] = float64(b.N) / way.took.Seconds()
		b.ReportMetric(rates[way.name], way.name+"/s")
	}
	b.ReportMetric(rates["with"]/rates["without"], "ratio")
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

// eraseAll sends a delete for each id from a number of clients, and returns the time it took.
func (way *telemetryWay) eraseAll(b *testing.B, clients int, ids []string) time.Duration {
	b.Helper()
	start := time.Now()
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
	return time.Since(start)
}
