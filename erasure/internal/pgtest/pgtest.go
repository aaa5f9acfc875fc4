//go:build unix

// Package pgtest runs a PostgreSQL server for tests: a private cluster from the installed
// server binaries, in a temporary directory. It listens only on a Unix socket in that
// directory. Internal to this module.
//
// One cluster serves a whole test binary. The first call of [Database] starts it, and
// [Main] stops it:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// If no server is installed, the tests that need one are skipped, and the binary prints
// that once. With REQUIRE_POSTGRES=1 in the environment they fail instead.
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

// envRequire makes tests fail without a server, if it is set to 1.
const envRequire = "REQUIRE_POSTGRES"

var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
	skipped sync.Once
	names   atomic.Int64

	prepared   sync.Once
	prepareErr error
}

// Main runs the tests, stops the shared cluster and returns the exit status.
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

// Database creates an empty database in the shared cluster and returns its address. The
// cluster runs with fsync off, and in memory if there is room: use [Start] for tests of
// crashes and for benchmarks.
//
// In memory, the database is dropped when the test ends. On a disk it stays until the
// cluster is removed: dropping it would delete some 300 files, and ext4 does not use their
// inodes again for five seconds. It searches past all of them for each file of the next
// database, which took half of the processor time of these tests.
func Database(t testing.TB) string {
	t.Helper()
	return sharedCluster(t).create(t, "template0")
}

// Copy is Database for a copy of a database that prepare made. prepare is called once
// per test binary, with the address of an empty database, and must close its
// connections.
func Copy(t testing.TB, prepare func(address string) error) string {
	t.Helper()
	const template = "prepared"
	c := sharedCluster(t)
	shared.prepared.Do(func() {
		shared.prepareErr = c.admin("CREATE DATABASE " + template + " TEMPLATE template0")
		if shared.prepareErr == nil {
			shared.prepareErr = prepare(c.address(template))
		}
	})
	if shared.prepareErr != nil {
		t.Fatal("pgtest: prepare a database:", shared.prepareErr)
	}
	return c.create(t, template)
}

func sharedCluster(t testing.TB) *Cluster {
	t.Helper()
	shared.once.Do(func() {
		path, inMemory := folder()
		shared.cluster, shared.err = start(path, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=64MB")
		if shared.err == nil {
			shared.cluster.drops = inMemory
		}
	})
	if shared.err != nil {
		skip(t, shared.err)
	}
	return shared.cluster
}

// Start starts a cluster for one test, with PostgreSQL's default durability, and
// removes it when the test ends.
func Start(t testing.TB) *Cluster {
	t.Helper()
	c, err := start(onDisk)
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

// errNotInstalled means that there are no server binaries.
var errNotInstalled = errors.New("no PostgreSQL server found in PATH or /usr/lib/postgresql")

// skip skips a test if PostgreSQL is not installed and not required. Otherwise the test
// fails.
func skip(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, errNotInstalled) || os.Getenv(envRequire) == "1" {
		t.Fatal("pgtest:", err)
	}
	shared.skipped.Do(func() {
		fmt.Fprintf(os.Stderr, "\n*** PostgreSQL is NOT tested: %v. Install it, and set %s=1 to make sure. ***\n\n", err, envRequire)
	})
	t.Skip("pgtest:", err)
}

// Database creates an empty database and returns its address.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	return c.create(t, "template0")
}

func (c *Cluster) create(t testing.TB, template string) string {
	t.Helper()
	name := "test" + strconv.FormatInt(shared.names.Add(1), 10)
	if err := c.admin("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal("pgtest:", err)
	}
	if c.drops {
		t.Cleanup(func() {
			if err := c.admin("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
				t.Error("pgtest:", err)
			}
		})
	}
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

// serverBinary returns the path of initdb or postgres: the one in PATH, or that of the
// newest installed version.
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
