package sqlstore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestOpenRejectsAnotherMasterKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		err := openError(t, dsn, 2, sqlstore.Options{})
		wantText(t, err, "wrong master key: this database is sealed under "+newRing(t, 1).Current().String())
		wantText(t, err, newRing(t, 2).Current().String())
		eraseOne(t, store, 0) // nothing was lost
	})
}

// After a partial restore, for example, a database must not get a second master key.
func TestOpenRejectsADatabaseWithoutItsMark(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		if _, err := store.DB().ExecContext(t.Context(), `DELETE FROM key_checks`); err != nil {
			t.Fatal(err)
		}
		wantText(t, openError(t, dsn, 2, sqlstore.Options{}), "the mark of the master key is missing")
	})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		const n = 450 // more than two batches
		stale := open(t, dsn, newRing(t, 1))
		fill(t, stale, n)
		var targets []string
		for i := range 10 {
			targets = append(targets, eraseOne(t, stale, i))
		}

		store := open(t, dsn, newRing(t, 2, 1))
		var steps []int
		changed, err := store.Rewrap(t.Context(), start, func(done int) { steps = append(steps, done) })
		if want := n + 1; err != nil || changed != want { // 440 customers, 10 targets, the mark
			t.Errorf("changed %d, %v; want %d", changed, err, want)
		}
		if !slices.IsSorted(steps) || steps[len(steps)-1] != n+1 {
			t.Errorf("progress %v, want it to end at %d", steps, n+1)
		}
		if changed, err := store.Rewrap(t.Context(), start, nil); err != nil || changed != 0 {
			t.Errorf("the second time changed %d, %v; want none", changed, err)
		}
		wantText(t, stale.Check(t.Context()), "after a rotation, the new key file")

		rotated := open(t, dsn, newRing(t, 2)) // without the old key
		attempt, err := rotated.Begin(t.Context(), targets[3], start)
		if err != nil || attempt.Progress.References.Customer != person(3).reference() {
			t.Errorf("the references of a target are lost: %v", err)
		}
		ids, err := rotated.CustomersByMerchantID(t.Context(), account, person(20).merchantID())
		if err != nil || !slices.Equal(ids, []string{person(20).id()}) {
			t.Errorf("found %v, %v; want customer 20", ids, err)
		}
		attempt, err = rotated.Begin(t.Context(), eraseOne(t, rotated, 20), start)
		if err != nil || attempt.Progress.References.Customer != person(20).reference() {
			t.Errorf("the references of a customer are lost: %v", err)
		}
	})
}

func TestLookupBeforeRewrap(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		fill(t, open(t, dsn, newRing(t, 1)), 2)
		rotated := open(t, dsn, newRing(t, 2, 1))
		ids, err := rotated.CustomersByMerchantID(t.Context(), account, person(1).merchantID())
		if err != nil || !slices.Equal(ids, []string{person(1).id()}) {
			t.Errorf("found %v, %v; want customer 1", ids, err)
		}
	})
}

// Rows that were altered or moved do not open. All other rows still do.
func TestAlteredRowsAreUnreadable(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 5)
		target := eraseOne(t, store, 4)
		for _, statement := range []string{
			fmt.Sprintf(`UPDATE customers SET key = (SELECT key FROM customers WHERE id = '%s'), links = (SELECT links FROM customers WHERE id = '%s') WHERE id = '%s'`,
				person(1).id(), person(1).id(), person(0).id()), // one customer's data in another's row
			fmt.Sprintf(`UPDATE customers SET links = personal WHERE id = '%s'`, person(2).id()),
			`UPDATE targets SET refs = key`,
		} {
			if _, err := store.DB().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range []int{0, 2} {
			_, err := store.Accept(t.Context(), acceptOf(i), noQueue)
			if !errors.Is(err, erasure.ErrUnreadable) || !errors.Is(err, seal.ErrCorrupt) {
				t.Errorf("accepting customer %d: got %v, want ErrUnreadable", i, err)
			}
			if _, err := store.Accept(t.Context(), acceptOf(i), noQueue); !errors.Is(err, erasure.ErrUnreadable) {
				t.Errorf("accepting customer %d again: got %v, want ErrUnreadable, since nothing was changed", i, err)
			}
		}
		eraseOne(t, store, 3)

		// The attempt begins without references, so that it can be finished.
		attempt, err := store.Begin(t.Context(), target, start)
		if !errors.Is(err, erasure.ErrUnreadable) || attempt.Target.Attempts != 1 {
			t.Fatalf("got %+v, %v; want an attempt with ErrUnreadable", attempt.Target, err)
		}
		err = store.Finish(t.Context(), erasure.FinishRequest{
			TargetID: target, Attempt: 1, At: start, State: erasure.TargetActionRequired, Reason: "references_unreadable",
		}, nil)
		if err != nil {
			t.Error(err)
		}

		rotated := open(t, dsn, newRing(t, 2, 1))
		changed, err := rotated.Rewrap(t.Context(), start, nil)
		// Those that do not open are named, and have not stopped the others.
		wantText(t, err, "2 rows do not open with any key in the ring: customer "+person(0).id()+" of account "+account+", customer "+person(2).id())
		if changed != 5 { // customers 1 and 2, both targets (their keys are intact), the mark
			t.Errorf("changed %d rows, want 5", changed)
		}
	})
}

// A target has the references of today and those to be reopened with. Both get the new
// key.
func TestRewrapOfATargetThatCanBeReopened(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		target := eraseOne(t, store, 0)
		for n, state := range []erasure.TargetState{erasure.TargetPending, erasure.TargetSucceeded} {
			if _, err := store.Begin(t.Context(), target, start); err != nil {
				t.Fatal(err)
			}
			err := store.Finish(t.Context(), erasure.FinishRequest{
				TargetID: target, Attempt: n + 1, At: start, State: state, NextAt: start, Keep: keep,
				Progress: &erasure.Progress{Done: []string{"everything"}},
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := open(t, dsn, newRing(t, 2, 1)).Rewrap(t.Context(), start, nil); err != nil {
			t.Fatal(err)
		}
		rotated := open(t, dsn, newRing(t, 2))
		if err := rotated.Reopen(t.Context(), []string{target}, start, start.Add(month), noQueue); err != nil {
			t.Fatal(err)
		}
		attempt, err := rotated.Begin(t.Context(), target, start)
		if err != nil || attempt.Progress.References.Customer != person(0).reference() {
			t.Errorf("the first references are lost: %v", err)
		}
	})
}
