package crashtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
)

// The primary dies and the standby is promoted while the service runs. Its API, its
// workers and its listener go on without a restart.
func TestPrimaryFailsOver(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t)
	s, subjects := newLoaded(t, primary.Database(t), 12)
	standby := primary.Backup(t, true)
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	s.database = primary.Both(standby, s.database, "target_session_attrs=read-write")
	v := s.start()
	s.ready(v)
	s.deleteAll(s.client(), subjects[:4])
	s.waitUntilDone(v)
	await.OK(t, "the standby follows", func() error {
		return primary.Replicated()
	})
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	standby.Promote(t)
	s.deleteAll(s.once(), subjects[4:])
	for _, c := range subjects {
		if !c.settled() {
			t.Errorf("%s was not accepted at once", c.id)
		}
	}
	s.waitUntilDone(v)
	s.waitUntilReady(v)
	s.verify(s.open(), subjects)
}

// waitUntilReady waits until readyz succeeds.
func (s *system) waitUntilReady(v *service) {
	s.t.Helper()
	await.OK(s.t, "the service is ready", func() error { return v.isReady(s) })
}

func (v *service) isReady(s *system) error {
	body, err := v.operations(s.t.Context(), "/readyz")
	if err == nil && strings.Contains(string(body), "failed") {
		err = fmt.Errorf("readyz: %s", body)
	}
	return err
}

// The database becomes read-only and its sessions are cut; later it can be written to.
// Meanwhile no role is ready. Afterwards everything goes on without a restart.
func TestDatabaseBecomesReadOnly(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	s, subjects := newLoaded(t, cluster.Database(t), 8)
	api, worker := s.start("--role=api"), s.start("--role=worker")
	s.current.Store(api)
	s.ready(api)
	s.deleteAll(s.client(), subjects[:4])
	s.waitUntilDone(api)
	name := cluster.Name(s.database)
	cluster.Admin(t, `ALTER DATABASE `+name+` SET default_transaction_read_only = on`)
	cluster.Admin(t, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '`+name+`'`)
	for _, v := range []*service{api, worker} {
		await.True(t, "a role is not ready", func() bool { return v.isReady(s) != nil })
	}
	s.deleteAll(s.once(), subjects[4:])
	for _, c := range subjects[4:] {
		if c.settled() {
			t.Errorf("%s was accepted by a database that cannot be written to", c.id)
		}
	}
	cluster.Admin(t, `ALTER DATABASE `+name+` RESET default_transaction_read_only`)
	for _, v := range []*service{api, worker} {
		s.waitUntilReady(v)
	}
	s.deleteAll(s.once(), subjects[4:])
	for _, c := range subjects[4:] {
		if !c.settled() {
			t.Errorf("%s was not accepted at once", c.id)
		}
	}
	s.waitUntilDone(api)
	s.verify(s.open(), subjects)
}

// The service works through PgBouncer in transaction mode. Only its listener has a
// session of its own.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	s, subjects := newLoaded(t, cluster.Database(t), 20)
	direct := s.database
	s.database = cluster.Bouncer(t, direct)
	v := s.start("--direct-database="+direct, "--erasure-log=erasures.log")
	s.ready(v)
	s.deleteAll(s.client(), subjects)
	s.waitUntilDone(v)
	s.waitUntilReady(v)
	for _, args := range [][]string{{"accounts", "list"}, {"erasures", "list"}, {"erasures", "export"}, {"compact"}} {
		s.mustRun(args...)
	}
	s.verify(s.open(), subjects)
}
