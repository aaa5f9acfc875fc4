package sqlstore_test

import (
	"cmp"
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
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// runOnFixtures runs every case on each engine, in parallel. Each has its own store.
func runOnFixtures(t *testing.T, cases map[string]func(*fixture)) {
	t.Helper()
	t.Parallel()
	for engine := range engines.Migrated {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for name, test := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(newFixture(t, engines.New(t, engine)))
				})
			}
		})
	}
}

// start is the time at which tests begin. The store has a precision of microseconds.
var start = time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC)

const (
	account      = "11111111-1111-4111-8111-111111111111"
	otherAccount = "22222222-2222-4222-8222-222222222222"
)

// fixture is a store with two accounts, and a table of jobs in its database.
type fixture struct {
	*testing.T
	*sqlstore.Store
}

func newFixture(t *testing.T, store *sqlstore.Store) *fixture {
	t.Helper()
	f := &fixture{T: t, Store: store}
	_, err := f.DB().ExecContext(f.Context(), `CREATE TABLE fixture_jobs (target_id TEXT, provider TEXT)`)
	f.must(err)
	for i, code := range []string{account, otherAccount} {
		f.must(f.CreateAccount(f.Context(), erasure.Account{
			Code: code, PublicKey: fmt.Sprintf("public-%d", i+1), SecretHash: [32]byte{byte(i + 1)}, CreatedAt: start,
		}))
	}
	return f
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) wantErr(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("got error %v, want %v", err, want)
	}
}

func equal[T any](f *fixture, what string, got, want T) {
	f.Helper()
	if !reflect.DeepEqual(got, want) {
		f.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
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

// enqueue writes the jobs into fixture_jobs.
func enqueue(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
	for _, job := range jobs {
		_, err := tx.ExecContext(ctx, `INSERT INTO fixture_jobs (target_id, provider) VALUES ($1, $2)`, job.TargetID, job.Provider)
		if err != nil {
			return err
		}
	}
	return nil
}

// jobs returns the jobs that were enqueued and committed, ordered by target.
func (f *fixture) jobs() []erasure.Job {
	f.Helper()
	rows, err := f.DB().QueryContext(f.Context(), `SELECT target_id, provider FROM fixture_jobs ORDER BY target_id`)
	f.must(err)
	defer func() { _ = rows.Close() }()
	var jobs []erasure.Job
	for rows.Next() {
		var job erasure.Job
		f.must(rows.Scan(&job.TargetID, &job.Provider))
		jobs = append(jobs, job)
	}
	f.must(rows.Err())
	return jobs
}

func jobsOf(targets []erasure.Target) []erasure.Job {
	var jobs []erasure.Job
	for _, target := range targets {
		jobs = append(jobs, erasure.Job{TargetID: target.ID, Provider: target.Provider})
	}
	slices.SortFunc(jobs, func(a, b erasure.Job) int { return cmp.Compare(a.TargetID, b.TargetID) })
	return jobs
}

func request(id string) erasure.AcceptRequest {
	return erasure.AcceptRequest{AccountCode: account, CustomerID: id, At: start, Deadline: start.Add(30 * 24 * time.Hour)}
}

// accept imports a customer with connections to the providers, and accepts its erasure.
func (f *fixture) accept(id string, providers ...string) erasure.Erasure {
	f.Helper()
	f.must(f.Import(f.Context(), account, []erasure.Customer{customer(id, providers...)}))
	e, err := f.Accept(f.Context(), request(id), enqueue)
	f.must(err)
	return e
}

func (f *fixture) begin(targetID string, at time.Time) erasure.Attempt {
	f.Helper()
	attempt, err := f.Begin(f.Context(), targetID, at)
	f.must(err)
	return attempt
}

// finish makes one attempt at a target, which ends in a state.
func (f *fixture) finish(targetID string, at time.Time, state erasure.TargetState) {
	f.Helper()
	f.must(f.Finish(f.Context(), ended(f.begin(targetID, at), at, state), nil))
}

// ended returns the FinishRequest that ends an attempt in a state.
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

// stored returns an erasure with its targets and evidence.
func (f *fixture) stored(id string) erasure.Erasure {
	f.Helper()
	e, err := f.GetErasure(f.Context(), id)
	f.must(err)
	return e
}

// together calls f(0) to f(n-1) at the same time, and waits for all of them.
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
