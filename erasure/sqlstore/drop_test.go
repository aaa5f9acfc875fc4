package sqlstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// newKeyFile returns the path of a key file with one key.
func newKeyFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.key")
	if _, _, err := seal.Load(func(string) string { return "" }, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// ringOf loads a key file.
func ringOf(t testing.TB, path string) *seal.Ring {
	t.Helper()
	ring, _, err := seal.Load(func(name string) string { return map[string]string{seal.EnvKeyFile: path}[name] }, "")
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// rotate does what keys rotate does, at a time.
func rotate(t *testing.T, dsn, path string, at time.Time) {
	t.Helper()
	if _, err := seal.Rotate(path); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dsn, ringOf(t, path)).Rewrap(t.Context(), at, nil); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAreDroppedOnceEveryProcessHasConfirmed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		ctx, path := t.Context(), newKeyFile(t)
		server := open(t, dsn, ringOf(t, path))
		fill(t, server, 2)
		fromEnvironment := open(t, dsn, newRingLike(t, path))
		p, q, crashed := sqlstore.NewProcess("one:1", "worker", start), sqlstore.NewProcess("two:2", "api", start), sqlstore.NewProcess("three:3", "all", start)
		see := func(store *sqlstore.Store, p sqlstore.Process, at time.Time) {
			t.Helper()
			if err := store.SeeProcess(ctx, p, at); err != nil {
				t.Fatal(err)
			}
		}
		see(server, p, start)
		see(fromEnvironment, q, start)
		see(fromEnvironment, crashed, start.Add(30*time.Second-sqlstore.ProcessLiveFor))
		rotate(t, dsn, path, start)
		operator := open(t, dsn, ringOf(t, path))
		drop := func(at time.Time) ([]seal.KeyID, error) {
			return operator.DropKeys(ctx, sqlstore.DropRequest{At: at, ListenFor: time.Millisecond})
		}

		_, err := drop(start.Add(10 * time.Second))
		wantText(t, err, "nothing was dropped: not every running process has confirmed master key "+operator.KeyIDs()[0].String())
		wantText(t, err, "one:1 (worker, started 2026-03-04T05:06:07Z, last seen 10s ago): it loads "+path+" within 10s")
		wantText(t, err, "two:2 (api, started 2026-03-04T05:06:07Z, last seen 10s ago): restart it with the new value of YUNO_ERASURE_MASTER_KEY")
		wantText(t, err, "three:3 (all")

		// One loads the file, one ends, one has crashed and counts no longer.
		if changed, err := server.ReloadKeys(ctx); err != nil || !changed {
			t.Fatal(changed, err)
		}
		see(server, p, start.Add(20*time.Second))
		_, err = drop(start.Add(40 * time.Second))
		wantText(t, err, "two:2")
		if err == nil || strings.Contains(err.Error(), "one:1") || strings.Contains(err.Error(), "three:3") {
			t.Errorf("got %v, want two:2 alone", err)
		}
		if err := fromEnvironment.ForgetProcess(ctx, q.ID); err != nil {
			t.Fatal(err)
		}
		old := operator.KeyIDs()[1]
		if dropped, err := drop(start.Add(40 * time.Second)); err != nil || len(dropped) != 1 || dropped[0] != old {
			t.Errorf("dropped %v, %v; want %v", dropped, err, old)
		}
		if ids := ringOf(t, path).IDs(); len(ids) != 1 || len(operator.KeyIDs()) != 1 {
			t.Errorf("the file has %v, the ring %v; want one key", ids, operator.KeyIDs())
		}
	})
}

// A process that was not seen for a while may run: the database was away, or the machine
// slept. It says something before a key is dropped that it needs.
func TestProcessesThatWereSilentAreListenedFor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		ctx, path := t.Context(), newKeyFile(t)
		// A copy of the keys, which knows no later one.
		server := open(t, dsn, newRingLike(t, path))
		fill(t, server, 1)
		silent, ended := sqlstore.NewProcess("one:1", "all", start), sqlstore.NewProcess("two:2", "all", start)
		for _, p := range []sqlstore.Process{silent, ended} {
			if err := server.SeeProcess(ctx, p, start); err != nil {
				t.Fatal(err)
			}
		}
		rotate(t, dsn, path, start)
		operator, at := open(t, dsn, ringOf(t, path)), start.Add(sqlstore.ProcessLiveFor)
		drop := func(listening func()) ([]seal.KeyID, error) {
			return operator.DropKeys(ctx, sqlstore.DropRequest{At: at, ListenFor: time.Millisecond, Listening: func(d time.Duration, processes int) {
				if d != time.Millisecond || processes != 2 {
					t.Errorf("listened %v for %d processes", d, processes)
				}
				listening()
			}})
		}
		_, err := drop(func() {
			// Its clock may be behind.
			if err := server.SeeProcess(ctx, silent, start.Add(time.Second)); err != nil {
				t.Error(err)
			}
		})
		wantText(t, err, "one:1 (all")
		if err == nil || strings.Contains(err.Error(), "two:2") || len(ringOf(t, path).IDs()) != 2 {
			t.Errorf("got %v, want that nothing was dropped because of one:1 alone", err)
		}
		at = at.Add(time.Minute)
		canceled, cancel := context.WithCancel(ctx)
		_, err = operator.DropKeys(canceled, sqlstore.DropRequest{At: at, Listening: func(d time.Duration, _ int) {
			if d != sqlstore.ListenFor {
				t.Errorf("listens for %v by default", d)
			}
			cancel()
		}})
		if !errors.Is(err, context.Canceled) || len(ringOf(t, path).IDs()) != 2 {
			t.Errorf("got %v, want that it was canceled", err)
		}
		if dropped, err := drop(func() {}); err != nil || len(dropped) != 1 {
			t.Errorf("dropped %v, %v", dropped, err)
		}
		if dropped, err := drop(func() { t.Error("it listens, and has nothing to drop") }); err != nil || len(dropped) > 0 {
			t.Errorf("dropped %v, %v", dropped, err)
		}
	})
}

// A drop that was interrupted after it had written the file is completed by the next one.
func TestADropThatWasInterruptedIsRecorded(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		ctx, path := t.Context(), newKeyFile(t)
		fill(t, open(t, dsn, ringOf(t, path)), 1)
		rotate(t, dsn, path, start)
		ids := ringOf(t, path).IDs()
		if err := seal.Drop(path, ids[0], ids[1:]); err != nil {
			t.Fatal(err)
		}
		store := open(t, dsn, ringOf(t, path))
		destroyed := func() (ids []string) {
			t.Helper()
			rows, err := store.DB().QueryContext(ctx, `SELECT id FROM master_keys WHERE destroyed_at IS NOT NULL`)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var id string
				if err := rows.Scan(&id); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, id)
			}
			return ids
		}
		if got := destroyed(); len(got) > 0 {
			t.Fatalf("%v are recorded as destroyed before", got)
		}
		if dropped, err := store.DropKeys(ctx, sqlstore.DropRequest{At: start}); err != nil || len(dropped) > 0 {
			t.Errorf("dropped %v, %v", dropped, err)
		}
		if got := destroyed(); len(got) != 1 || got[0] != ids[1].String() {
			t.Errorf("%v are recorded as destroyed, want %v", got, ids[1])
		}
	})
}

// newRingLike returns a ring with the keys of a file that does not follow the file, as one
// from the environment.
func newRingLike(t *testing.T, path string) *seal.Ring {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ring, _, err := seal.Load(func(name string) string { return map[string]string{seal.EnvKey: string(data)}[name] }, "")
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// Keys go when their time is over, which counts from the end of the rotation.
func TestKeysAreKeptForATime(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		ctx, path := t.Context(), newKeyFile(t)
		fill(t, open(t, dsn, ringOf(t, path)), 1)
		const day = 24 * time.Hour
		rotate(t, dsn, path, start)
		rotate(t, dsn, path, start.Add(30*day))
		store := open(t, dsn, ringOf(t, path))
		ids := store.KeyIDs()
		for _, test := range []struct {
			at   time.Time
			keep time.Duration
			due  []seal.KeyID
		}{
			{start.Add(90*day - time.Second), 90 * day, nil},
			{start.Add(90 * day), 90 * day, ids[2:]},
			{start.Add(120 * day), 90 * day, ids[1:]},
			{start.Add(31 * day), 0, ids[1:]},
		} {
			due, err := store.DueKeys(ctx, test.at, test.keep)
			if err != nil || len(due) != len(test.due) || len(due) > 0 && due[0] != test.due[0] {
				t.Errorf("%v later: got %v, %v; want %v", test.at.Sub(start), due, err, test.due)
			}
		}
		if dropped, err := store.DropKeys(ctx, sqlstore.DropRequest{At: start.Add(100 * day), Keep: 90 * day}); err != nil || len(dropped) != 1 || dropped[0] != ids[2] {
			t.Errorf("dropped %v, %v; want %v", dropped, err, ids[2])
		}
		if left := ringOf(t, path).IDs(); len(left) != 2 || left[0] != ids[0] || left[1] != ids[1] {
			t.Errorf("left %v, want %v", left, ids[:2])
		}
	})
}

// A row that does not open is named, and keeps no other from being rewrapped. It can be
// replaced, or given up.
func TestDropBesideARowThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		ctx, path := t.Context(), newKeyFile(t)
		store := open(t, dsn, ringOf(t, path))
		fill(t, store, 4)
		target := eraseOne(t, store, 3)
		for _, statement := range []string{
			`UPDATE customers SET key = links WHERE id = '` + person(1).id() + `'`,
			`UPDATE targets SET first_key = refs, first_refs = refs`,
		} {
			if _, err := store.DB().ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := seal.Rotate(path); err != nil {
			t.Fatal(err)
		}
		operator := open(t, dsn, ringOf(t, path))
		_, err := operator.DropKeys(ctx, sqlstore.DropRequest{At: start})
		var unopened *sqlstore.UnopenedError
		if !errors.As(err, &unopened) || unopened.Total != 2 || unopened.Rows[0] != "customer "+person(1).id()+" of account "+account || unopened.Rows[1] != "target "+target {
			t.Fatalf("got %v", err)
		}
		if due, err := operator.DueKeys(ctx, start.Add(time.Hour), time.Minute); err != nil || len(due) > 0 {
			t.Errorf("due %v, %v; want that the rotation is not complete", due, err)
		}
		// The customer is imported again, the target given up.
		if err := operator.Import(ctx, account, []erasure.Customer{person(1).customer()}); err != nil {
			t.Fatal(err)
		}
		_, err = operator.DropKeys(ctx, sqlstore.DropRequest{At: start})
		wantText(t, err, "1 row does not open with any key in the ring: target "+target)
		if dropped, err := operator.DropKeys(ctx, sqlstore.DropRequest{At: start, LeaveUnopened: true}); err != nil || len(dropped) != 1 {
			t.Errorf("dropped %v, %v; want one", dropped, err)
		}
		only := open(t, dsn, ringOf(t, path))
		for i := range 3 {
			eraseOne(t, only, i)
		}
		if attempt, err := only.Begin(ctx, target, start); err != nil || attempt.Progress.References.Customer != person(3).reference() {
			t.Errorf("the references that open are lost: %v", err)
		}
	})
}
