//go:build unix

package pgtest

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// envRequireBouncer makes tests fail without PgBouncer, if it is set to 1.
const envRequireBouncer = "REQUIRE_PGBOUNCER"

// Bouncer starts PgBouncer in transaction mode before a cluster, and returns the address
// of a database through it. The test is skipped if PgBouncer is not installed.
//
// Releases before 1.21 do not know prepared statements, so the address has pgx describe
// statements instead.
func (c *Cluster) Bouncer(t testing.TB, database string) string {
	t.Helper()
	binary, err := exec.LookPath("pgbouncer")
	if err != nil {
		binary = "/usr/sbin/pgbouncer" // not in every user's PATH
	}
	if _, err := os.Stat(binary); err != nil {
		if os.Getenv(envRequireBouncer) == "1" {
			t.Fatal("pgtest: PgBouncer is not installed:", err)
		}
		t.Skip("pgtest: PgBouncer is not installed")
	}
	const config = "[databases]\n* = host=%[1]s user=postgres\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = %[1]s\nlisten_port = 6432\n" +
		"auth_type = any\npool_mode = transaction\ndefault_pool_size = 5\n"
	path := filepath.Join(c.dir, "pgbouncer.ini")
	if err := os.WriteFile(path, fmt.Appendf(nil, config, c.dir), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := c.command(binary, "-q", path)
	started, exited := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread() // see Cluster.Start
		defer runtime.UnlockOSThread()
		defer close(exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal("pgtest:", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-exited
	})
	await.True(t, "PgBouncer listens", func() bool {
		_, err := os.Stat(filepath.Join(c.dir, ".s.PGSQL.6432"))
		return err == nil
	})
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := address.Query()
	q.Set("port", "6432")
	q.Set("default_query_exec_mode", "cache_describe")
	address.RawQuery = q.Encode()
	return address.String()
}
