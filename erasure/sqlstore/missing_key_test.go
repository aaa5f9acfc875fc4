package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func wantKeyMissing(t *testing.T, what string, err error, key seal.KeyID) {
	t.Helper()
	var missing *erasure.KeyMissingError
	if !errors.As(err, &missing) || missing.Key != key.String() || errors.Is(err, erasure.ErrUnreadable) {
		t.Errorf("%s: got %v, want that key %v is missing", what, err, key)
	}
}

func rewrap(t *testing.T, store *sqlstore.Store) {
	t.Helper()
	if _, err := store.Rewrap(t.Context(), start, nil); err != nil {
		t.Fatal(err)
	}
}

// A process with an old copy of the keys waits. It changes nothing that needs the new key,
// and finds nobody where it could miss somebody.
func TestAProcessWithoutTheNewestKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		stale := open(t, dsn, newRing(t, 1))
		fill(t, stale, 4)
		running, waiting := eraseOne(t, stale, 0), eraseOne(t, stale, 1)
		attempt, err := stale.Begin(ctx, running, start)
		if err != nil {
			t.Fatal(err)
		}
		rotated := open(t, dsn, newRing(t, 2, 1))
		rewrap(t, rotated)
		newest := newRing(t, 2).Current()

		wantText(t, stale.Check(ctx), "after a rotation, the new key file")
		_, err = stale.Begin(ctx, waiting, start)
		wantKeyMissing(t, "begin", err, newest)
		wantText(t, err, "YUNO_ERASURE_MASTER_KEY does not contain it: restart this process with the new value")
		_, err = stale.Accept(ctx, acceptOf(2), noQueue)
		wantKeyMissing(t, "accept", err, newest)
		wantKeyMissing(t, "import", stale.Import(ctx, account, []erasure.Customer{person(9).customer()}), newest)
		_, err = stale.CustomersByMerchantID(ctx, account, person(2).merchantID())
		wantKeyMissing(t, "find", err, newest)
		finish := erasure.FinishRequest{
			TargetID: running, Attempt: attempt.Target.Attempts, At: start, State: erasure.TargetPending, NextAt: start,
			Progress: &erasure.Progress{References: attempt.Progress.References, Done: []string{"one"}},
		}
		wantKeyMissing(t, "finish", stale.Finish(ctx, finish, nil), newest)

		// Others go on where it waits.
		target, err := rotated.Begin(ctx, waiting, start)
		if err != nil || target.Target.Attempts != 1 {
			t.Errorf("got attempt %d, %v; want the first", target.Target.Attempts, err)
		}
		eraseOne(t, rotated, 2)
		if err := rotated.Finish(ctx, finish, nil); err != nil {
			t.Error(err)
		}
		// What seals nothing needs no key.
		finish.State, finish.Progress = erasure.TargetNotSupported, nil
		finish.TargetID, finish.Attempt = waiting, 1
		if err := stale.Finish(ctx, finish, nil); err != nil {
			t.Error(err)
		}
	})
}

// The other way round: a rotation is not complete, and a process has the new key only.
func TestAProcessWithoutAnOlderKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 3)
		target := eraseOne(t, store, 0)
		wantInterrupted(t, open(t, dsn, newRing(t, 2, 1)))
		early, oldest := open(t, dsn, newRing(t, 2)), newRing(t, 1).Current()
		wantKeyMissing(t, "check", early.Check(ctx), oldest)
		_, err := early.Begin(ctx, target, start)
		wantKeyMissing(t, "begin", err, oldest)
		_, err = early.Accept(ctx, acceptOf(1), noQueue)
		wantKeyMissing(t, "accept", err, oldest)
		_, err = early.CustomersByMerchantID(ctx, account, person(1).merchantID())
		wantKeyMissing(t, "find", err, oldest)

		rewrap(t, open(t, dsn, newRing(t, 2, 1)))
		if err := early.Check(ctx); err != nil {
			t.Error(err)
		}
		if _, err := early.Begin(ctx, target, start); err != nil {
			t.Error(err)
		}
	})
}

// wantInterrupted begins a rotation that ends after its first step.
func wantInterrupted(t *testing.T, store *sqlstore.Store) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if _, err := store.Rewrap(ctx, start, func(int) { stop() }); err == nil {
		t.Fatal("the rotation was not interrupted")
	}
}

// What no key opens is final: the key was destroyed, or the row was altered.
func TestUnreadableIsWhatNoKeyOpens(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 3)
		targets := []string{eraseOne(t, store, 0), eraseOne(t, store, 1), eraseOne(t, store, 2)}
		altered := newRing(t, 7).Current()
		for i, id := range []seal.KeyID{altered, newRing(t, 8).Current()} {
			_, err := store.DB().ExecContext(t.Context(), `UPDATE targets SET key = $2 WHERE id = $1`, targets[i], append([]byte{1}, id[:]...))
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := store.DB().ExecContext(t.Context(), `INSERT INTO master_keys (id, sealed_at, destroyed_at) VALUES ($1, 1, 2)`, newRing(t, 8).Current().String())
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range targets[:2] {
			if attempt, err := store.Begin(t.Context(), target, start); !errors.Is(err, erasure.ErrUnreadable) || attempt.Target.Attempts != 1 {
				t.Errorf("got attempt %d, %v; want one with ErrUnreadable", attempt.Target.Attempts, err)
			}
		}
		if _, err := store.Begin(t.Context(), targets[2], start); err != nil {
			t.Error(err)
		}
	})
}

// Whatever order a process's keys have, it seals under the newest; and an older key does
// not become the newest again.
func TestKeysInTheWrongOrder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		fill(t, open(t, dsn, newRing(t, 1)), 2)
		rewrap(t, open(t, dsn, newRing(t, 2, 1)))
		wrong := open(t, dsn, newRing(t, 1, 2))
		if err := wrong.Import(t.Context(), account, []erasure.Customer{person(5).customer()}); err != nil {
			t.Fatal(err)
		}
		target := eraseOne(t, wrong, 5)
		changed, err := wrong.Rewrap(t.Context(), start, nil)
		wantText(t, err, "was replaced by "+newRing(t, 2).Current().String()+": use the newest key file")
		if changed != 0 {
			t.Errorf("changed %d rows", changed)
		}
		only := open(t, dsn, newRing(t, 2))
		if attempt, err := only.Begin(t.Context(), target, start); err != nil || attempt.Progress.References.Customer != person(5).reference() {
			t.Errorf("the references are lost: %v", err)
		}
		if changed, err := only.Rewrap(t.Context(), start, nil); err != nil || changed != 0 {
			t.Errorf("changed %d rows, %v; want that all were sealed under the newest key", changed, err)
		}
	})
}

// A rotation waits for what is being sealed under the key that it replaces.
func TestRotationBesideATransaction(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 2)
		rotating := open(t, dsn, newRing(t, 2, 1))
		done := make(chan error, 1)
		e, err := store.Accept(t.Context(), acceptOf(0), func(_ context.Context, tx *sql.Tx, _ []erasure.Job) error {
			go func() {
				_, err := rotating.Rewrap(t.Context(), start, nil)
				done <- err
			}()
			if strings.HasPrefix(dsn, "file:") { // one writer at a time
				return nil
			}
			return waitForLocks(t, tx, 1, done)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dsn, newRing(t, 2)).Begin(t.Context(), e.Targets[0].ID, start); err != nil {
			t.Errorf("sealed under a key that was replaced: %v", err)
		}
	})
}

// A delete that comes while a rotation waits finds the mark of the time before it, and is
// made again under the new key.
func TestDeleteDuringARotation(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		if strings.HasPrefix(dsn, "file:") {
			t.Skip("SQLite has one writer at a time")
		}
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 2)
		rotating, other := open(t, dsn, newRing(t, 2, 1)), open(t, dsn, newRing(t, 2, 1))
		rotated, accepted := make(chan error, 1), make(chan error, 1)
		var e erasure.Erasure
		_, err := store.Accept(t.Context(), acceptOf(0), func(_ context.Context, tx *sql.Tx, _ []erasure.Job) error {
			go func() {
				_, err := rotating.Rewrap(t.Context(), start, nil)
				rotated <- err
			}()
			if err := waitForLocks(t, tx, 1, rotated); err != nil {
				return err
			}
			go func() {
				var err error
				e, err = other.Accept(t.Context(), acceptOf(1), func(_ context.Context, tx *sql.Tx, jobs []erasure.Job) error {
					return wantSealedUnder(t, tx, jobs[0].TargetID, newRing(t, 2).Current())
				})
				accepted <- err
			}()
			return waitForLocks(t, tx, 2, accepted)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(<-rotated, <-accepted); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dsn, newRing(t, 2)).Begin(t.Context(), e.Targets[0].ID, start); err != nil {
			t.Errorf("sealed under a key that was replaced: %v", err)
		}
	})
}

// wantSealedUnder returns an error unless a target is sealed under a key, as a transaction
// sees it.
func wantSealedUnder(t *testing.T, tx *sql.Tx, target string, want seal.KeyID) error {
	var key []byte
	if err := tx.QueryRowContext(t.Context(), `SELECT key FROM targets WHERE id = $1`, target).Scan(&key); err != nil {
		return err
	}
	if got, err := seal.WrappedUnder(key); err != nil || got != want {
		return fmt.Errorf("sealed under %v, %v; want %v", got, err, want)
	}
	return nil
}

// waitForLocks returns nil once n other transactions wait for the lock on the mark. It is an
// error if one waits for a row, or if the latest ends.
func waitForLocks(t *testing.T, tx *sql.Tx, n int, done chan error) error {
	for range time.Tick(10 * time.Millisecond) {
		var mark, others int
		err := tx.QueryRowContext(t.Context(), `
SELECT count(*) FILTER (WHERE locktype = 'advisory'), count(*) FILTER (WHERE locktype <> 'advisory')
FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND NOT granted`).Scan(&mark, &others)
		switch {
		case err != nil || mark >= n:
			return err
		case others > 0:
			return errors.New("it waits for rows only")
		}
		select {
		case err := <-done:
			done <- err
			return fmt.Errorf("it did not wait: %v", err)
		default:
		}
	}
	return nil
}
