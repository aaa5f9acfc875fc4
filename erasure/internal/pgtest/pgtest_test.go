//go:build unix

package pgtest_test

import (
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func mustExec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	one, two := connect(t, pgtest.Database(t)), connect(t, pgtest.Database(t))
	mustExec(t, one, "CREATE TABLE here (n int)")
	mustExec(t, two, "CREATE TABLE here (n int)")
}

func TestCommittedDataSurvivesAKill(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	db := connect(t, cluster.Database(t))
	mustExec(t, db, "CREATE TABLE kept (n int)")
	mustExec(t, db, "INSERT INTO kept VALUES (7)")
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if cluster.Running() || db.PingContext(t.Context()) == nil {
		t.Fatal("the server still accepts connections")
	}
	if err := cluster.Start(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT n FROM kept").Scan(&n); err != nil || n != 7 {
		t.Errorf("got %d, %v; want 7", n, err)
	}
}

// In memory, a database goes with its test: a whole run would otherwise take gigabytes.
func TestDatabasesAreDropped(t *testing.T) {
	t.Parallel()
	var address string
	t.Run("", func(t *testing.T) { address = pgtest.Database(t) })
	if inMemory := strings.Contains(address, url.QueryEscape("/dev/shm/")); inMemory == (connect(t, address).PingContext(t.Context()) == nil) {
		t.Errorf("%s: in memory %v", address, inMemory)
	}
}
