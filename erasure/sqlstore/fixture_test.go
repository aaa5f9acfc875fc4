// Package storetest holds what every [erasure.Store] must do, as one test that
// each implementation runs.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// New returns an empty store, and the database that its transactions are in. The
// store is closed by whoever made it, when the test has ended.
type New func(t *testing.T) (erasure.Store, *sql.DB)

// Exercise runs the conformance suite. Each test has a store of its own and runs
// in parallel with the others.
func Exercise(t *testing.T, newStore New) {
	for _, group := range []struct {
		name  string
		tests map[string]func(*bench)
	}{
		{"Accounts", accountTests},
		{"Import", importTests},
		{"Accept", acceptTests},
		{"Attempts", attemptTests},
		{"Finish", finishTests},
		{"Operator", operatorTests},
		{"Lists", listTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for name, test := range group.tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					store, db := newStore(t)
					test(newBench(t, store, db))
				})
			}
		})
	}
}

// start is when every test begins. Stores keep microseconds.
var start = time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC)

const (
	account      = "11111111-1111-4111-8111-111111111111"
	otherAccount = "22222222-2222-4222-8222-222222222222"
)

// bench is a store with two accounts, and a table of jobs in its database.
type bench struct {
	*testing.T
	erasure.Store
	db  *sql.DB
	ctx context.Context
}

func newBench(t *testing.T, store erasure.Store, db *sql.DB) *bench {
	b := &bench{T: t, Store: store, db: db, ctx: t.Context()}
	_, err := db.ExecContext(b.ctx, `CREATE TABLE storetest_jobs (target_id TEXT, provider TEXT)`)
	b.must(err)
	for i, code := range []string{account, otherAccount} {
		b.must(store.CreateAccount(b.ctx, erasure.Account{
			Code: code, PublicKey: fmt.Sprintf("public-%d", i+1), SecretHash: [32]byte{byte(i + 1)}, CreatedAt: start,
		}))
	}
	return b
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wantErr(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Errorf("got error %v, want %v", err, want)
	}
}

func equal[T any](b *bench, what string, got, want T) {
	b.Helper()
	if !reflect.DeepEqual(got, want) {
		b.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// customer returns a record with a connection to each of the providers.
func customer(id string, providers ...string) erasure.Customer {
	c := erasure.Customer{
		ID:                 id,
		MerchantCustomerID: "merchant-" + id,
		Personal:           fmt.Appendf(nil, `{"email":"%s@example.com"}`, id),
	}
	for _, provider := range providers {
		c.Connections = append(c.Connections, erasure.Connection{Provider: provider, References: references(provider, id)})
	}
	return c
}

func references(provider, id string) erasure.References {
	return erasure.References{
		Customer: provider + "-" + id,
		Tokens:   []string{"token-" + id + "-1", "token-" + id + "-2"},
		Payments: []string{"payment-" + id},
	}
}

// enqueue writes the jobs into storetest_jobs.
func enqueue(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
	for _, job := range jobs {
		_, err := tx.ExecContext(ctx, `INSERT INTO storetest_jobs (target_id, provider) VALUES ($1, $2)`, job.TargetID, job.Provider)
		if err != nil {
			return err
		}
	}
	return nil
}

// jobs returns what was enqueued and committed, by target.
func (b *bench) jobs() []erasure.Job {
	b.Helper()
	rows, err := b.db.QueryContext(b.ctx, `SELECT target_id, provider FROM storetest_jobs ORDER BY target_id`)
	b.must(err)
	defer func() { _ = rows.Close() }()
	var jobs []erasure.Job
	for rows.Next() {
		var job erasure.Job
		b.must(rows.Scan(&job.TargetID, &job.Provider))
		jobs = append(jobs, job)
	}
	b.must(rows.Err())
	return jobs
}

func jobsOf(targets []erasure.Target) []erasure.Job {
	var jobs []erasure.Job
	for _, target := range targets {
		jobs = append(jobs, erasure.Job{TargetID: target.ID, Provider: target.Provider})
	}
	slices.SortFunc(jobs, func(a, b erasure.Job) int {
		if a.TargetID < b.TargetID {
			return -1
		}
		return 1
	})
	return jobs
}

func request(id string) erasure.AcceptRequest {
	return erasure.AcceptRequest{AccountCode: account, CustomerID: id, At: start, Deadline: start.Add(30 * 24 * time.Hour)}
}

// accept imports a customer with those providers and erases it.
func (b *bench) accept(id string, providers ...string) erasure.Erasure {
	b.Helper()
	b.must(b.Import(b.ctx, account, []erasure.Customer{customer(id, providers...)}))
	e, err := b.Accept(b.ctx, request(id), enqueue)
	b.must(err)
	return e
}

func (b *bench) begin(targetID string, at time.Time) erasure.Attempt {
	b.Helper()
	attempt, err := b.Begin(b.ctx, targetID, at)
	b.must(err)
	return attempt
}

// finish begins an attempt at a target and ends it in a state.
func (b *bench) finish(targetID string, at time.Time, state erasure.TargetState) {
	b.Helper()
	b.must(b.Finish(b.ctx, ended(b.begin(targetID, at), at, state), nil))
}

// ended returns the request that ends an attempt in a state.
func ended(attempt erasure.Attempt, at time.Time, state erasure.TargetState) erasure.FinishRequest {
	r := erasure.FinishRequest{
		TargetID: attempt.Target.ID, Attempt: attempt.Target.Attempts, At: at,
		State: state, Reason: "because", Status: 200,
	}
	if state == erasure.TargetPending {
		r.NextAt = at.Add(time.Minute)
	}
	return r
}

func (b *bench) erasure(id string) erasure.Erasure {
	b.Helper()
	e, err := b.Erasure(b.ctx, id)
	b.must(err)
	return e
}

// together runs n functions at the same time and waits for all of them.
func together(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			f(i)
		})
	}
	done.Wait()
}
