//go:build unix

package sqlstore_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// A server that is gone without a word answers nothing. A heartbeat that was in vain makes
// the next one begin a new session, however many old ones there are.
func TestSilentSessions(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	f := newFailoverOn(t, cluster, cluster.Database(t))
	p, silent := sqlstore.NewProcess("one:1", "all", start), map[int]bool{}
	for name, say := range map[string]func(ctx context.Context) error{
		"SeeProcess":     func(ctx context.Context) error { return f.SeeProcess(ctx, p, start) },
		"SeeConnections": func(ctx context.Context) error { return f.SeeConnections(ctx, []string{"stripe"}, start) },
		"Connections":    func(ctx context.Context) error { _, err := f.Connections(ctx); return err },
		"ReloadKeys":     func(ctx context.Context) error { _, err := f.ReloadKeys(ctx); return err },
	} {
		f.must(f.acceptAll())
		f.stopSessions(silent)
		short, cancel := context.WithTimeout(f.Context(), 100*time.Millisecond)
		if err := say(short); !errors.Is(err, context.DeadlineExceeded) {
			f.Errorf("%s: got %v, want no response", name, err)
		}
		cancel()
		long, cancel := context.WithTimeout(f.Context(), await.Patience)
		if err := say(long); err != nil {
			f.Errorf("%s: %v afterwards", name, err)
		}
		cancel()
	}
}

// stopSessions makes all sessions silent. It takes note of their processes.
func (f *failover) stopSessions(silent map[int]bool) {
	f.Helper()
	rows, err := f.DB().QueryContext(f.Context(), `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state IS NOT NULL`)
	f.must(err)
	defer func() { _ = rows.Close() }()
	var pids []int
	for rows.Next() {
		var pid int
		if f.must(rows.Scan(&pid)); !silent[pid] {
			pids = append(pids, pid)
		}
	}
	f.must(errors.Join(rows.Err(), rows.Close()))
	if len(pids) != poolSize {
		f.Fatalf("%d sessions, want %d", len(pids), poolSize)
	}
	for _, pid := range pids {
		silent[pid] = true
		f.must(syscall.Kill(pid, syscall.SIGSTOP))
		f.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	}
}
