//go:build unix

// Package pgtest gives tests a PostgreSQL of their own: a private cluster from the
// installed server binaries, in a temporary directory, that listens on a Unix
// socket in there and nowhere else. Internal to this module.
//
// One cluster serves a whole test binary. It starts with the first call of
// [Database], and [Main] stops it:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// Where no server is installed, tests that need one are skipped, and the binary
// says so once; with REQUIRE_POSTGRES=1 in the environment they fail instead.
package pgtest

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
)

// EnvRequire, when set to 1, turns skipping into failing.
const EnvRequire = "REQUIRE_POSTGRES"

var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
	skipped sync.Once
	names   atomic.Int64
}

// Main runs the tests and then stops the shared cluster.
func Main(m *testing.M) int {
	code := m.Run()
	if shared.cluster != nil {
		if err := shared.cluster.remove(); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			return 1
		}
	}
	return code
}

// Database creates an empty database in the shared cluster and returns its
// address. It is dropped when the test ends. The cluster has fsync off: for what
// survives a crash, and for benchmarks, use [Start].
func Database(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() { shared.cluster, shared.err = start("-c", "fsync=off", "-c", "full_page_writes=off") })
	if shared.err != nil {
		skip(t, shared.err)
	}
	return shared.cluster.Database(t)
}

// Start starts a cluster for one test, with PostgreSQL's default durability, and
// removes it when the test ends.
func Start(t testing.TB) *Cluster {
	t.Helper()
	c, err := start()
	if err != nil {
		skip(t, err)
	}
	t.Cleanup(func() {
		if err := c.remove(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// errNotInstalled: there are no server binaries.
var errNotInstalled = errors.New("no PostgreSQL server found in PATH or /usr/lib/postgresql")

func skip(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, errNotInstalled) || os.Getenv(EnvRequire) == "1" {
		t.Fatal("pgtest:", err)
	}
	shared.skipped.Do(func() {
		fmt.Fprintf(os.Stderr, "\n*** PostgreSQL is NOT tested: %v. Install it, and set %s=1 to make sure. ***\n\n", err, EnvRequire)
	})
	t.Skip("pgtest:", err)
}

// Database creates an empty database and returns its address. It is dropped when
// the test ends.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := "test" + strconv.FormatInt(shared.names.Add(1), 10)
	if err := c.admin("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		t.Fatal("pgtest:", err)
	}
	t.Cleanup(func() {
		if !c.Running() {
			return
		}
		if err := c.admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error("pgtest:", err)
		}
	})
	return c.address(name)
}

func (c *Cluster) admin(statement string) error {
	db, err := sql.Open("pgx", c.address("postgres"))
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

// serverBinary finds initdb or postgres, of the newest version that is installed.
func serverBinary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", errNotInstalled
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) < version(found[j]) })
	return found[len(found)-1], nil
}
