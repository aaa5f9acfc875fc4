//go:build unix

package pgtest

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Run runs one of PostgreSQL's programs, such as pg_dump, as the server's user in the
// cluster's folder, and fails the test if the program fails.
func (c *Cluster) Run(t testing.TB, program string, args ...string) {
	t.Helper()
	path, err := serverBinary(program)
	if err != nil {
		skip(t, err)
	}
	if out, err := c.command(path, args...).CombinedOutput(); err != nil {
		t.Fatalf("pgtest: %s: %v\n%s", program, err, out)
	}
}

// Dump writes a logical copy of a database and returns a function that restores it into
// a new one. The function returns the address of that.
func (c *Cluster) Dump(t testing.TB, address string) (restore func() string) {
	t.Helper()
	path := filepath.Join(c.dir, "dump")
	c.Run(t, "pg_dump", "--format=custom", "--file="+path, "--dbname="+address)
	return func() string {
		t.Helper()
		restored := c.create(t, "template0")
		c.Run(t, "pg_restore", "--exit-on-error", "--dbname="+restored, path)
		return restored
	}
}

// Backup makes a physical copy of a running cluster, whose server does not run yet. A
// standby follows the cluster once it is started, until it is promoted.
func (c *Cluster) Backup(t testing.TB, standby bool) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp(onDisk, "pgtest-")
	if err == nil && c.as != nil {
		err = os.Chown(dir, int(c.as.Uid), int(c.as.Gid))
	}
	if err != nil {
		t.Fatal("pgtest:", err)
	}
	copied := &Cluster{dir: dir, settings: c.settings, as: c.as}
	t.Cleanup(func() {
		if err := copied.remove(); err != nil {
			t.Error(err)
		}
	})
	args := []string{"--pgdata=" + copied.data(), "--host=" + c.dir, "--username=postgres", "--wal-method=stream", "--checkpoint=fast", "--no-sync"}
	if standby {
		args = append(args, "--write-recovery-conf")
	}
	c.Run(t, "pg_basebackup", args...)
	return copied
}

// Promote makes a standby the primary.
func (c *Cluster) Promote(t testing.TB) {
	t.Helper()
	if err := c.admin("SELECT pg_promote()"); err != nil {
		t.Fatal("pgtest:", err)
	}
}

// Admin runs a statement on the cluster as its superuser.
func (c *Cluster) Admin(t testing.TB, statement string) {
	t.Helper()
	if err := c.admin(statement); err != nil {
		t.Fatal("pgtest:", err)
	}
}

// In returns the address of the database with the same name in another cluster.
func (c *Cluster) In(other *Cluster, address string) string {
	return strings.ReplaceAll(address, strings.ReplaceAll(c.dir, "/", "%2F"), strings.ReplaceAll(other.dir, "/", "%2F"))
}

// Both returns the address of a database that either of two clusters may serve, with
// more parameters.
func (c *Cluster) Both(other *Cluster, address, parameters string) string {
	escaped := strings.ReplaceAll(c.dir, "/", "%2F")
	return strings.Replace(address, escaped, escaped+"%2C"+strings.ReplaceAll(other.dir, "/", "%2F"), 1) + "&" + parameters
}

// Folder returns the folder with all files of the cluster, for tests that search them.
func (c *Cluster) Folder() string { return c.dir }

// Name returns the name of the database at an address.
func (c *Cluster) Name(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(parsed.Path, "/")
}

// Replicated returns an error unless the standbys have all that is committed.
func (c *Cluster) Replicated() error {
	return c.admin(`DO $$ BEGIN ASSERT (SELECT bool_and(replay_lsn >= pg_current_wal_insert_lsn()) FROM pg_stat_replication), 'a standby is behind'; END $$`)
}
