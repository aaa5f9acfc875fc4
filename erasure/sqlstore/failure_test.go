package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// wantUnchanged checks the error of a failed Accept for one of fill's customers: it must
// not be about the customer, and now that its cause is gone the erasure must be accepted.
func wantUnchanged(t *testing.T, store *sqlstore.Store, i int, err error) {
	t.Helper()
	if err == nil || errors.Is(err, erasure.ErrCustomerNotFound) {
		t.Errorf("got %v, want an error that is not about the customer", err)
	}
	e, err := store.Accept(t.Context(), acceptOf(i), noQueue)
	if err != nil || len(e.Targets) != 1 {
		t.Errorf("afterwards got %d targets, %v; want a new erasure", len(e.Targets), err)
	}
}

// max_page_count replaces the size of a disk. TestFileSystemFull tests a real one, where
// a file system can be mounted.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	store := open(t, engines.Empty["SQLite"](t), newRing(t, 1))
	fill(t, store, 300)
	limit := func(pages string) {
		t.Helper()
		if _, err := store.DB().ExecContext(t.Context(), `PRAGMA max_page_count = `+pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // SQLite uses the current size if that is larger
	for i := range 300 {
		_, err := store.Accept(t.Context(), acceptOf(i), noQueue)
		if err == nil {
			continue // the existing pages had free space
		}
		wantText(t, err, "the disk is full; nothing was changed")
		limit("1000000")
		wantUnchanged(t, store, i, err)
		return
	}
	t.Error("the disk was never full")
}

func TestDatabaseLocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dsn := engines.Empty["SQLite"](t)
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		outside, err := sql.Open("sqlite", dsn+"?_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = outside.Close() }()
		tx, err := outside.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = store.Accept(t.Context(), acceptOf(0), noQueue)
		wantText(t, err, "the database is locked by another process")
		if waited := time.Since(began); waited < 9*time.Second || waited > 12*time.Second {
			t.Errorf("waited %v, want about 10 s", waited)
		}
		if err := store.Check(t.Context()); err != nil {
			t.Errorf("reading fails meanwhile: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := store.Accept(ctx, acceptOf(0), noQueue); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the caller's deadline", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		wantUnchanged(t, store, 0, err)
	})
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		damage func(path string, size int64) error
		want   string
	}{
		{"Half", func(path string, size int64) error { return os.Truncate(path, size/2) }, "the database file is damaged"},
		{"LessThanAPage", func(path string, _ int64) error { return os.Truncate(path, 100) }, "the database file is damaged"},
		{"Nothing", func(path string, _ int64) error { return os.Truncate(path, 0) }, "is empty: it was truncated"},
		{"SomethingElse", func(path string, _ int64) error { return os.WriteFile(path, make([]byte, 8192), 0o600) }, "this is no SQLite database, or its beginning is damaged: check the path"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dsn := engines.Empty["SQLite"](t)
			path := strings.TrimPrefix(dsn, "file:")
			store := open(t, dsn, newRing(t, 1))
			fill(t, store, 10)
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := test.damage(path, info.Size()); err != nil {
				t.Fatal(err)
			}
			damaged, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			wantText(t, openError(t, dsn, 1, sqlstore.Options{Migrate: true}), test.want)
			wantText(t, sqlstore.Migrate(t.Context(), dsn), test.want)
			if after, err := os.ReadFile(path); err != nil || string(after) != string(damaged) {
				t.Errorf("the damaged file was changed: %d bytes, %v; want the same %d", len(after), err, len(damaged))
			}
		})
	}
}

func TestUnusablePaths(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, want string }{
		{folder, "is not a regular file"},
		{filepath.Join(folder, "missing", "erasure.db"), "create the database"},
		{filepath.Join(file, "erasure.db"), "not a directory"},
	} {
		wantText(t, openError(t, "file:"+test.path, 1, sqlstore.Options{Migrate: true}), test.want)
	}
}

// A clock may be set back, and the clocks of two machines differ.
func TestClockJumpsBack(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 2)
		later, earlier := eraseOne(t, store, 0), acceptOf(1)
		earlier.At = start.Add(-time.Hour)
		if _, err := store.Accept(t.Context(), earlier, noQueue); err != nil {
			t.Error(err)
		}
		attempt, err := store.Begin(t.Context(), later, start)
		if err != nil {
			t.Fatal(err)
		}
		finish := erasure.FinishRequest{
			TargetID: later, Attempt: attempt.Target.Attempts, State: erasure.TargetSucceeded, At: start.Add(-time.Hour),
		}
		if err := store.Finish(t.Context(), finish, nil); err != nil {
			t.Error(err)
		}
		e, err := store.GetErasure(t.Context(), attempt.Target.ErasureID)
		if err != nil || e.State != erasure.ErasureCompleted {
			t.Fatalf("got %v, %v; want completed", e.State, err)
		}
		if evidence := e.Targets[0].Evidence; len(evidence) != 2 || evidence[1].State != erasure.TargetSucceeded {
			t.Errorf("the evidence is not in the order of the changes: %+v", evidence)
		}
	})
}

func TestPostgreSQLCrashes(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	store := open(t, cluster.Database(t), newRing(t, 1))
	fill(t, store, 20)
	for i := range 10 {
		eraseOne(t, store, i)
	}
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if store.Check(t.Context()) == nil {
		t.Error("Check succeeds without a server")
	}
	_, failed := store.Accept(t.Context(), acceptOf(10), noQueue)
	if err := cluster.Start(); err != nil {
		t.Fatal(err)
	}
	wantUnchanged(t, store, 10, failed)
	list, err := store.ListErasures(t.Context(), erasure.ErasureFilter{})
	if err != nil || len(list) != 11 {
		t.Errorf("%d erasures, %v; want all 11 that were accepted", len(list), err)
	}
}

// A constraint violation, for example, must not quote the row.
func TestDatabaseErrorsContainNoValues(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		const insert = `INSERT INTO accounts (code, public_key, secret_hash, created_at) VALUES ($1, 'x', $2, 0)`
		_, err := store.DB().ExecContext(t.Context(), insert, "hunter2", []byte{1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.DB().ExecContext(t.Context(), insert, "hunter2", []byte{1})
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "hunter2") {
			t.Errorf("got %v, want an error without the value", err)
		}
	})
}
