package erasure_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

// BenchmarkAccept compares three ways of accepting a delete with three targets: over
// loopback HTTP with the real client and server; by calling the store; and with the same
// SQL in a [bareLoop]. Both engines have full durability. One iteration is one customer
// each way. The significant results are the ratios to the bare loop.
func BenchmarkAccept(b *testing.B) {
	for engine, dsn := range map[string]func(*testing.B) string{
		"SQLite":     func(b *testing.B) string { return "file:" + filepath.Join(b.TempDir(), "test.db") },
		"PostgreSQL": func(b *testing.B) string { return pgtest.Start(b).Database(b) },
	} {
		b.Run(engine, func(b *testing.B) {
			benchmark := newAcceptBenchmark(b, dsn(b))
			for _, clients := range []int{1, 32} {
				b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { benchmark.run(b, clients) })
			}
		})
	}
}

// acceptBenchmark is a running service with one account.
type acceptBenchmark struct {
	store   *sqlstore.Store
	queue   *jobs.Queue
	account string
	yuno    *client.Client
	bare    *bareLoop
	created atomic.Int64 // customers so far
}

func newAcceptBenchmark(b *testing.B, dsn string) *acceptBenchmark {
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
	store, err := sqlstore.Open(ctx, dsn, ring, sqlstore.Options{Migrate: true, MaxConns: 40})
	check(err)
	b.Cleanup(func() { _ = store.Close() })
	queue, err := jobs.Open(ctx, store, jobs.Config{})
	check(err)
	b.Cleanup(queue.Close)
	service, err := erasure.NewService(store, queue.Enqueue, nil, erasure.Config{})
	check(err)
	handler, err := server.New(service, erasure.Authenticator{Accounts: store}, server.WithOperations(erasure.Operation))
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(listener) }()
	b.Cleanup(func() { _ = srv.Close() })

	creds := client.Credentials{AccountCode: uuid.NewString(), PublicAPIKey: uuid.NewString(), PrivateSecretKey: uuid.NewString()}
	check(store.CreateAccount(ctx, erasure.Account{
		Code: creds.AccountCode, PublicKey: creds.PublicAPIKey, SecretHash: sha256.Sum256([]byte(creds.PrivateSecretKey)), CreatedAt: time.Now(),
	}))
	yuno, err := client.New(creds, client.WithBaseURL("http://"+listener.Addr().String()+"/v1"))
	check(err)
	bare := newBareLoop(b, dsn, creds.AccountCode)
	return &acceptBenchmark{store: store, queue: queue, account: creds.AccountCode, yuno: yuno, bare: bare}
}

// customers imports n customers and returns their ids.
func (a *acceptBenchmark) customers(b *testing.B, n int) []string {
	b.Helper()
	ids := make([]string, 0, n)
	for len(ids) < n {
		batch := make([]erasure.Customer, min(500, n-len(ids)))
		for i := range batch {
			id := fmt.Sprintf("customer-%d", a.created.Add(1))
			ids = append(ids, id)
			batch[i] = erasure.Customer{ID: id, Personal: []byte(`{"email": "customer@example.com"}`)}
			for _, provider := range []string{"stripe", "mollie", "adyen"} {
				connection := erasure.Connection{Provider: provider, References: erasure.References{Customer: id}}
				batch[i].Connections = append(batch[i].Connections, connection)
			}
		}
		if err := a.store.Import(b.Context(), a.account, batch); err != nil {
			b.Fatal(err)
		}
	}
	return ids
}

func (a *acceptBenchmark) run(b *testing.B, clients int) {
	ways := []struct {
		name  string
		erase func(id string) error
		ids   []string
		took  time.Duration
	}{
		{name: "bare", erase: a.bare.accept},
		{name: "store", erase: func(id string) error {
			now := time.Now()
			r := erasure.AcceptRequest{AccountCode: a.account, CustomerID: id, At: now, Deadline: now.Add(time.Hour)}
			_, err := a.store.Accept(b.Context(), r, a.queue.Enqueue)
			return err
		}},
		{name: "http", erase: func(id string) error { return a.yuno.DeleteCustomer(b.Context(), id) }},
	}
	for i := range ways {
		ways[i].ids = a.customers(b, b.N)
	}
	a.bare.prepare(ways[0].ids)
	b.ResetTimer()
	// The ways take turns, so that other load on the machine affects all of them.
	const turns = 8
	for turn := range turns {
		from, to := turn*b.N/turns, (turn+1)*b.N/turns
		for i := range ways {
			ways[i].took += each(b, clients, ways[i].ids[from:to], ways[i].erase)
		}
	}
	for _, way := range ways {
		b.ReportMetric(float64(b.N)/way.took.Seconds(), way.name+"/s")
		if way.name != "bare" {
			b.ReportMetric(ways[0].took.Seconds()/way.took.Seconds(), way.name+"-ratio")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// each calls f for every id from a number of goroutines, and returns the time it took.
func each(b *testing.B, clients int, ids []string, f func(string) error) time.Duration {
	b.Helper()
	start := time.Now()
	queue := make(chan string)
	var workers sync.WaitGroup
	for range clients {
		workers.Go(func() {
			for id := range queue {
				if err := f(id); err != nil {
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
