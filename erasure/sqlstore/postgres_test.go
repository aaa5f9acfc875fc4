package sqlstore_test

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
)

// Two concurrent deletes of one customer, both waiting for its row, return the same
// erasure.
func TestConcurrentDeletesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	store := open(t, pgtest.Database(t), newRing(t, 1))
	fill(t, store, 1)
	holder, err := store.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback() }()
	if _, err := holder.ExecContext(t.Context(), `SELECT 1 FROM customers FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	var deletes sync.WaitGroup
	var ids [2]string
	for i := range ids {
		deletes.Go(func() {
			e, err := store.Accept(t.Context(), acceptOf(0), noQueue)
			if err != nil {
				t.Error(err)
			}
			ids[i] = e.ID
		})
	}
	for waiting := 0; waiting < 2; {
		err := store.DB().QueryRowContext(t.Context(),
			`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := holder.Rollback(); err != nil {
		t.Fatal(err)
	}
	deletes.Wait()
	if ids[0] != ids[1] {
		t.Errorf("got erasures %s and %s, want one", ids[0], ids[1])
	}
}

// The setting applies to all statements of these transactions, including the queue's, and
// not to later ones.
func TestGenericPlans(t *testing.T) {
	t.Parallel()
	store := open(t, pgtest.Database(t), newRing(t, 1))
	store.DB().SetMaxOpenConns(1)
	fill(t, store, 1)
	var modes []string
	note := func(row *sql.Row) error {
		var mode string
		err := row.Scan(&mode)
		modes = append(modes, mode)
		return err
	}
	const show = `SELECT current_setting('plan_cache_mode')`
	within := func(ctx context.Context, tx *sql.Tx) error { return note(tx.QueryRowContext(ctx, show)) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := store.Accept(t.Context(), acceptOf(0), func(ctx context.Context, tx *sql.Tx, _ []erasure.Job) error { return within(ctx, tx) })
	must(err)
	must(note(store.DB().QueryRowContext(t.Context(), show)))
	a, err := store.Begin(t.Context(), e.Targets[0].ID, start.Add(time.Hour))
	must(err)
	must(store.Finish(t.Context(), erasure.FinishRequest{
		TargetID: a.Target.ID, Attempt: a.Target.Attempts, At: start, State: erasure.TargetSucceeded,
	}, within))
	must(note(store.DB().QueryRowContext(t.Context(), show)))
	if want := []string{"force_generic_plan", "auto", "force_generic_plan", "auto"}; !slices.Equal(modes, want) {
		t.Errorf("got %q, want %q", modes, want)
	}
}

// Attempts do not fail on a server whose default isolation is serializable.
func TestStrictDefaultIsolation(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$`)
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	store := open(t, dsn, newRing(t, 1))
	const n = 100
	fill(t, store, n)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = eraseOne(t, store, i)
	}
	var workers sync.WaitGroup
	for _, share := range slices.Collect(slices.Chunk(ids, n/10)) {
		workers.Go(func() {
			for _, id := range share {
				if err := succeed(t.Context(), store, id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
}
