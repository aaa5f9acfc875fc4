package erasure_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/server"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// The durable service keeps the contract, including this project's own promises, on both
// engines.
func TestConformance(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		conformance.Exercise(t, func(t *testing.T) conformance.Target { return target(t, store) })
	})
}

func target(t *testing.T, store *sqlstore.Store) conformance.Target {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // cases are subtests with contexts of their own
	queue, err := jobs.Open(ctx, store, jobs.Config{})
	must(t, err)
	t.Cleanup(queue.Close)
	service, err := erasure.NewService(store, queue.Enqueue, nil, erasure.Config{})
	must(t, err)
	handler, err := server.New(service, erasure.Authenticator{Accounts: store}, server.WithOperations(erasure.Operation))
	must(t, err)

	first, second := account(t, store), account(t, store)
	var n atomic.Int64
	return conformance.Target{
		Handler:       handler,
		Strict:        true,
		Credentials:   first,
		SecondAccount: second,
		NewCustomer: func(ctx context.Context) (string, error) {
			id := fmt.Sprintf("customer-%d", n.Add(1))
			return id, store.Import(ctx, first.AccountCode, []erasure.Customer{{
				ID: id, Personal: []byte(`{}`),
				Connections: []erasure.Connection{{Provider: "stripe", References: erasure.References{Customer: "cus_1"}}},
			}})
		},
	}
}

func account(t *testing.T, store *sqlstore.Store) conformance.Credentials {
	t.Helper()
	c := conformance.Credentials{AccountCode: uuid.NewString(), PublicAPIKey: "sandbox_" + uuid.NewString(), PrivateSecretKey: uuid.NewString()}
	must(t, store.CreateAccount(context.WithoutCancel(t.Context()), erasure.Account{
		Code: c.AccountCode, PublicKey: c.PublicAPIKey, SecretHash: sha256.Sum256([]byte(c.PrivateSecretKey)), CreatedAt: time.Now(),
	}))
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
