package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// alter runs a statement in a database that is not open otherwise.
func alter(t *testing.T, dsn, statement string) {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), dsn, newRing(t, 1), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.DB().ExecContext(t.Context(), statement)
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	onEachEmpty(t, func(t *testing.T, dsn string) {
		for range 2 { // the second time changes nothing
			if err := sqlstore.Migrate(t.Context(), dsn); err != nil {
				t.Fatal(err)
			}
		}
		store, err := sqlstore.Open(t.Context(), dsn, newRing(t, 1), sqlstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		for _, table := range []string{"accounts", "river_job"} {
			var n int
			if err := store.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: got %d rows, %v; want an empty table", table, n, err)
			}
		}
	})
}

func TestConcurrentMigrations(t *testing.T) {
	t.Parallel()
	onEachEmpty(t, func(t *testing.T, dsn string) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := sqlstore.Migrate(t.Context(), dsn); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		open(t, dsn, newRing(t, 1))
		if path, ok := strings.CutPrefix(dsn, "file:"); ok {
			if leftovers, err := filepath.Glob(path + ".new-*"); err != nil || len(leftovers) > 0 {
				t.Errorf("files left behind: %v, %v", leftovers, err)
			}
		}
	})
}

func TestOpenRejectsAnotherSchema(t *testing.T) {
	t.Parallel()
	migrations, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	tables := len(migrations)
	onEachEmpty(t, func(t *testing.T, dsn string) {
		if strings.HasPrefix(dsn, "file:") {
			wantText(t, openError(t, dsn, 1, sqlstore.Options{}), "does not exist: run migrate")
		} else {
			err := openError(t, dsn, 1, sqlstore.Options{})
			wantText(t, err, fmt.Sprintf("older than this program (tables 0 of %d, queue 0 of 8): run migrate", tables))
		}
		if err := sqlstore.Migrate(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
		alter(t, dsn, `DELETE FROM river_migration WHERE version = 8`)
		err := openError(t, dsn, 1, sqlstore.Options{})
		wantText(t, err, fmt.Sprintf("older than this program (tables %d of %d, queue 7 of 8): run migrate", tables, tables))
		if !errors.Is(err, sqlstore.ErrSchema) {
			t.Errorf("got %v, want ErrSchema", err)
		}
	})
	for name, insert := range map[string]string{
		"NewerTables": `INSERT INTO erasure_schema (version_id, is_applied) VALUES (1000, true)`,
		"NewerQueue":  `INSERT INTO river_migration (line, version) VALUES ('main', 1000)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, dsn string) {
				if err := sqlstore.Migrate(t.Context(), dsn); err != nil {
					t.Fatal(err)
				}
				alter(t, dsn, insert)
				for _, migrate := range []bool{false, true} { // migrating does not help
					err := openError(t, dsn, 1, sqlstore.Options{Migrate: migrate})
					wantText(t, err, "newer than this program")
					if !errors.Is(err, sqlstore.ErrSchema) {
						t.Errorf("got %v, want ErrSchema", err)
					}
				}
				wantText(t, sqlstore.Migrate(t.Context(), dsn), "newer than this program")
			})
		})
	}
}

func TestCheckRejectsAnotherSchema(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		if err := store.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := store.DB().ExecContext(t.Context(), `INSERT INTO erasure_schema (version_id, is_applied) VALUES (1000, true)`)
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, store.Check(t.Context()), "newer than this program")
	})
}

func TestOpenRejectsAddresses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ dsn, want string }{
		{"", "want file:PATH"},
		{"erasure.db", "want file:PATH"},
		{"mysql://root:hunter2@db/x", "want file:PATH"},
		{"file:", "needs the path of a file"},
		{"file::memory:", "needs the path of a file"},
		{"file:x.db?mode=memory", "accepts a path only"},
		{"postgres://me:hunter2@[db/x", "parse"},
		{"postgres://me:hunter2@127.0.0.1:1/x?connect_timeout=5", "refused"},
	} {
		err := openError(t, test.dsn, 1, sqlstore.Options{Migrate: true})
		wantText(t, err, test.want)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats the password: %v", test.dsn, err)
		}
	}
	for _, n := range []int{-1, 1} {
		wantText(t, openError(t, "file:x", 1, sqlstore.Options{MaxConns: n}), "MaxConns is")
	}
}

func TestOpenRejectsCommitsThatAreNotDurable(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	wantText(t, openError(t, dsn+"&synchronous_commit=off", 1, sqlstore.Options{Migrate: true}), "synchronous_commit is off")
}

func TestEveryConnectionToSQLiteIsDurable(t *testing.T) {
	t.Parallel()
	store := open(t, engines.Empty["SQLite"](t), newRing(t, 1))
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1", "busy_timeout": "10000", "temp_store": "2",
	} {
		var got string
		if err := store.DB().QueryRowContext(t.Context(), `PRAGMA `+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", pragma, got, err, want)
		}
	}
	if n := store.DB().Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d connections may write, want 1", n)
	}
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd name %3f.db")
	store := open(t, "file:"+path, newRing(t, 1))
	if store.Engine() != sqlstore.SQLite || store.ListenDSN() != "" {
		t.Errorf("engine %v, listen at %q", store.Engine(), store.ListenDSN())
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries { // the database, its log and its index
		info, err := entry.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v; want 0600", entry.Name(), info.Mode(), err)
		}
		if !strings.HasPrefix(entry.Name(), "odd name %3f.db") {
			t.Errorf("an unexpected file: %s", entry.Name())
		}
	}
}

func TestListenDSNOfPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	store := open(t, dsn, newRing(t, 1))
	if store.Engine() != sqlstore.PostgreSQL || store.ListenDSN() != dsn {
		t.Errorf("engine %v, listen at %q", store.Engine(), store.ListenDSN())
	}
	listener, err := sql.Open("pgx", store.ListenDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if err := listener.PingContext(t.Context()); err != nil {
		t.Error(err)
	}
}
