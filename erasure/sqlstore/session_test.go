package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

const poolSize = 4

// failover is a store on a cluster of its own, with customers to erase.
type failover struct {
	*fixture
	cluster  *pgtest.Cluster
	database string // its name
	next     int
}

func newFailoverOn(t *testing.T, cluster *pgtest.Cluster, address string) *failover {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), address, newRing(t, 1), sqlstore.Options{Migrate: true, MaxConns: poolSize})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	f := &failover{fixture: newFixture(t, store), cluster: cluster, database: strings.TrimPrefix(parsed.Path, "/")}
	var customers []erasure.Customer
	for i := range 200 {
		customers = append(customers, customer(fmt.Sprint(i), "stripe"))
	}
	f.must(f.Import(t.Context(), account, customers))
	return f
}

// acceptAll erases customers, as many as there are sessions, at the same time: each
// session is in use. It returns the errors.
func (f *failover) acceptAll() error {
	f.Helper()
	var mu sync.Mutex
	var errs []error
	var inside sync.WaitGroup
	inside.Add(poolSize)
	from := f.next
	f.next += poolSize
	together(poolSize, func(i int) {
		first := sync.OnceFunc(func() { inside.Done(); inside.Wait() })
		_, err := f.Accept(f.Context(), request(fmt.Sprint(from+i)), func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
			first() // all sessions are in use
			return enqueue(ctx, tx, jobs)
		})
		if err != nil {
			first()
		}
		mu.Lock()
		errs = append(errs, err)
		mu.Unlock()
	})
	return errors.Join(errs...)
}

// read reads on every session.
func (f *failover) read() error {
	f.Helper()
	errs := make([]error, poolSize)
	together(poolSize, func(i int) { _, errs[i] = f.AccountByPublicKey(f.Context(), "public-1") })
	return errors.Join(errs...)
}

func (f *failover) cutSessions() {
	f.Helper()
	f.cluster.Admin(f, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '`+f.database+`'`)
}

// The cases have a server of their own, which the last one kills.
func TestSessions(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	t.Run("", func(t *testing.T) {
		for name, test := range map[string]func(*failover){
			"CutInATransaction": cutInATransaction, "ReadOnly": readOnlySessions, "AttemptOnReadOnly": attemptOnReadOnlySession,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(newFailoverOn(t, cluster, cluster.Database(t)))
			})
		}
	})
	t.Run("Cut", func(t *testing.T) { cutSessions(newFailoverOn(t, cluster, cluster.Database(t))) })
}

// Sessions that were cut cost no request.
func cutSessions(f *failover) {
	f.must(f.acceptAll())
	f.cutSessions()
	f.must(f.read())
	f.must(f.acceptAll())
	f.cutSessions()
	f.must(f.acceptAll())
	f.must(f.cluster.Kill())
	if err := f.read(); err == nil {
		f.Error("reads from a server that does not run")
	}
	await.OK(f, "the database starts again", f.cluster.Start)
	f.must(f.acceptAll())
	f.must(f.read())
	f.must(f.Check(f.Context()))
}

// A session that is cut within a transaction has the transaction made again, unless its
// commit may have been made.
func cutInATransaction(f *failover) {
	calls := 0
	_, err := f.Accept(f.Context(), request("0"), func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
		if calls++; calls == 1 {
			f.cutSessions()
		}
		return enqueue(ctx, tx, jobs)
	})
	f.must(err)
	equal(f.fixture, "calls", calls, 2)
	equal(f.fixture, "jobs", len(f.jobs()), 1)

	calls = 0
	_, err = f.Accept(f.Context(), request("1"), func(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
		calls++
		if err := enqueue(ctx, tx, jobs); err != nil {
			return err
		}
		f.cutSessions() // the commit fails
		return nil
	})
	if err == nil || calls != 1 {
		f.Errorf("%d calls, %v: nobody knows whether it was committed", calls, err)
	}
}

// The database becomes read-only, as an old primary does, and its sessions are cut. Later
// it can be written to again, but the sessions from in between cannot.
func readOnlySessions(f *failover) {
	f.must(f.acceptAll())
	f.must(f.Check(f.Context()))
	f.cluster.Admin(f, `ALTER DATABASE `+f.database+` SET default_transaction_read_only = on`)
	f.cutSessions()
	if err := f.acceptAll(); err == nil || strings.Count(err.Error(), "\n") != poolSize-1 {
		f.Errorf("got %v, want an error for each", err)
	}
	wantText(f.T, f.Check(f.Context()), "the database is read-only")
	f.must(f.read()) // begins sessions that stay read-only
	f.cluster.Admin(f, `ALTER DATABASE `+f.database+` RESET default_transaction_read_only`)
	f.must(f.acceptAll())
	f.must(f.Check(f.Context()))
	e := f.stored(f.list()[0].ID)
	f.begin(e.Targets[0].ID, start)
}

// Workers begin attempts with one statement, on whatever session they get.
func attemptOnReadOnlySession(f *failover) {
	f.must(f.acceptAll())
	f.cluster.Admin(f, `ALTER DATABASE `+f.database+` SET default_transaction_read_only = on`)
	f.cutSessions()
	f.must(f.read())
	f.cluster.Admin(f, `ALTER DATABASE `+f.database+` RESET default_transaction_read_only`)
	for _, e := range f.list() {
		f.begin(f.stored(e.ID).Targets[0].ID, start)
	}
}

func (f *failover) list() []erasure.Erasure {
	f.Helper()
	list, err := f.ListErasures(f.Context(), erasure.ErasureFilter{})
	f.must(err)
	return list
}

// The primary is lost and the standby promoted. The address names both, and the store
// finds the new primary without a restart.
func TestPromotedStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t)
	address := primary.Database(t)
	standby := primary.Backup(t, true)
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	f := newFailoverOn(t, standby, standby.Both(primary, primary.In(standby, address), "target_session_attrs=read-write"))
	f.must(f.acceptAll())
	f.must(f.Check(t.Context()))
	wantText(t, openError(t, primary.In(standby, address)+"&target_session_attrs=read-write", 1, sqlstore.Options{}), "read only connection")

	follower, err := sql.Open("pgx", primary.In(standby, address))
	f.must(err)
	defer func() { _ = follower.Close() }()
	await.OK(t, "the standby has every commit", func() error {
		var n int
		err := follower.QueryRowContext(t.Context(), `SELECT count(*) FROM erasures`).Scan(&n)
		if err == nil && n < poolSize {
			err = await.Remaining(poolSize - n)
		}
		return err
	})
	f.must(primary.Kill())
	standby.Promote(t)
	f.must(f.acceptAll())
	f.must(f.Check(t.Context()))
	equal(f.fixture, "erasures", len(f.list()), 2*poolSize)
}
