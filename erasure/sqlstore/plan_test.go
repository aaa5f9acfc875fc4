package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// What runs every few seconds, and what an operator waits for, reads what is open and not
// the millions of rows that have ended well.
func TestNothingReadsWholeTables(t *testing.T) {
	t.Parallel()
	key := sha256.Sum256([]byte("a master key for tests"))
	ring, err := seal.NewRing(key[:])
	if err != nil {
		t.Fatal(err)
	}
	store, err := Open(t.Context(), "file:"+filepath.Join(t.TempDir(), "test.db"), ring, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	runReads(t, store)
	seen := 0
	for _, db := range []*sql.DB{store.reader, store.writer} {
		for _, query := range cachedQueries(t, db) {
			if strings.Contains(query, "key_checks") {
				continue // of an empty database
			}
			seen++
			for _, step := range planOf(t, store.writer, query) {
				if step == "SCAN targets" || step == "SCAN erasures" || step == "SCAN customers" {
					t.Errorf("%s:\n%s", step, query)
				}
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d queries", seen)
	}
}

// A search looks at the targets of one erasure after the other, however few match: it neither
// reads all targets nor sorts all erasures that match. PostgreSQL would, left to itself.
func TestSearchReadsInOrder(t *testing.T) {
	t.Parallel()
	store, now := newPostgreSQL(t), time.Now()
	for _, statement := range []string{
		`INSERT INTO accounts (code, public_key, secret_hash, created_at) VALUES ('a', 'p', '', 0)`,
		`INSERT INTO customers (account_code, id, erased_at) SELECT 'a', i, 1 FROM generate_series(1, 5000) AS s (i)`,
		`INSERT INTO erasures (id, account_code, customer_id, state, accepted_at, deadline)
			SELECT to_char(i, 'FM00000'), 'a', i, CASE WHEN i % 5 = 0 THEN 'attention_required' ELSE 'completed' END, i, i FROM generate_series(1, 5000) AS s (i)`,
		`INSERT INTO targets (id, erasure_id, provider, state, reason, updated_at)
			SELECT id, id, 'stripe', CASE state WHEN 'completed' THEN 'succeeded' ELSE 'action_required' END, 'key_refused', 1 FROM erasures`,
		`VACUUM ANALYZE`,
	} {
		if _, err := store.writer.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v:\n%s", err, statement)
		}
	}
	for name, f := range map[string]erasure.ErasureFilter{
		"Cause":    {Attention: true, Provider: "stripe", Reason: "key_refused"},
		"Reason":   {Attention: true, Reason: "key_refused"},
		"Person":   {Attention: true},
		"NoMatch":  {Attention: true, Provider: "stripe", Reason: "none"},
		"Provider": {Provider: "none"},
	} {
		t.Run(name, func(t *testing.T) {
			query, args := searchQuery(f, firstID(now.Add(-time.Hour)), 50)
			plan, err := store.column(t.Context(), "EXPLAIN "+query, args...)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(plan, "\n")
			if strings.Contains(text, "Seq Scan on targets") || strings.Contains(text, "Sort") || strings.Contains(text, "Join") {
				t.Error(text)
			}
			if f.Attention && !strings.Contains(text, "Index Only Scan using targets_attention") {
				t.Errorf("the index for it is not used:\n%s", text)
			}
		})
	}
}

// newPostgreSQL opens a store on a new database.
func newPostgreSQL(t *testing.T) *Store {
	t.Helper()
	key := sha256.Sum256([]byte("a master key for tests"))
	ring, err := seal.NewRing(key[:])
	if err != nil {
		t.Fatal(err)
	}
	store, err := Open(t.Context(), pgtest.Database(t), ring, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// runReads calls what reads many rows.
func runReads(t *testing.T, s *Store) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	enqueue := func(context.Context, *sql.Tx, []erasure.Job) error { return nil }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.SeeConnections(ctx, []string{"stripe"}, now))
	_, _, err := s.ResumeConnection(ctx, erasure.ResumeRequest{Name: "stripe", At: now}, enqueue)
	must(err)
	for _, sweep := range []func() ([]erasure.Job, error){
		func() ([]erasure.Job, error) { return s.Expire(ctx, now, now, now) },
		func() ([]erasure.Job, error) { return s.Escalate(ctx, now, now) },
		func() ([]erasure.Job, error) { return s.Orphan(ctx, now, now) },
		func() ([]erasure.Job, error) { return s.Reunite(ctx, now, now, enqueue) },
		func() ([]erasure.Job, error) { return s.Overtaken(ctx, now.Add(-time.Hour), now, enqueue) },
	} {
		_, err := sweep()
		must(err)
	}
	_, err = s.Purge(ctx, now)
	must(err)
	_, err = s.AtRisk(ctx, now, now, 1)
	must(err)
	_, err = s.Stranded(ctx, now, nil, 1)
	must(err)
	_, err = s.Working(ctx)
	must(err)
	_, err = s.Recover(ctx, erasure.Recovery{Name: "stripe", Proven: now, At: now}, enqueue)
	must(err)
	_, err = s.Hurry(ctx, "stripe", now, now, enqueue)
	must(err)
	_, err = s.Counts(ctx, now)
	must(err)
	for _, f := range []erasure.TargetFilter{{Provider: "stripe"}, {Reason: "x"}, {Provider: "stripe", Reason: "x"}} {
		_, err = s.NeedingAttention(ctx, f, "", 1)
		must(err)
		_, err = s.CountNeedingAttention(ctx, f)
		must(err)
	}
	for _, f := range []erasure.ErasureFilter{
		{}, {Before: "x", Since: now, Until: now}, {Attention: true, Provider: "stripe", Reason: "x"}, {OverdueAt: now}, {AtRiskAt: now},
		{State: erasure.ErasureCompletedWithExceptions}, {State: erasure.ErasureCompleted}, {AccountCode: "x", CustomerID: "x"},
	} {
		_, err = s.SearchErasures(ctx, f)
		must(err)
	}
	_, err = s.ErasuresOf(ctx, "x")
	must(err)
	_, err = s.History(ctx, now, time.Hour, 1)
	must(err)
	_, err = s.Waiting(ctx, now, 1)
	must(err)
	_, err = s.ListActions(ctx, erasure.ActionFilter{Operator: "x", ErasureID: "x", Before: "x"})
	must(err)
	for _, state := range []erasure.ErasureState{erasure.ErasureInProgress, erasure.ErasureAttentionRequired, erasure.ErasureCompletedWithExceptions} {
		_, err = s.CountErasures(ctx, erasure.ErasureFilter{State: state})
		must(err)
	}
}

// cachedQueries returns the statements that a connection of the pool has prepared.
func cachedQueries(t *testing.T, db *sql.DB) (queries []string) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(driverConn any) error {
		for query := range driverConn.(*cachingConn).idle {
			queries = append(queries, query)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return queries
}

// planOf returns the steps of SQLite's plan for a statement.
func planOf(t *testing.T, db *sql.DB, query string) (steps []string) {
	t.Helper()
	var args []any // all are NULL
	for strings.Contains(query, fmt.Sprintf("$%d", len(args)+1)) {
		args = append(args, nil)
	}
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id, parent, unused int
		var detail string
		err := rows.Scan(&id, &parent, &unused, &detail)
		steps = append(steps, detail)
		return err
	})
	if err != nil {
		t.Fatalf("%v:\n%s", err, query)
	}
	return steps
}
