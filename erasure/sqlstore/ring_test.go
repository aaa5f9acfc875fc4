package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func noQueue(context.Context, *sql.Tx, []erasure.Job) error { return nil }

// fill adds an account with n customers c0, c1 … that have used one provider.
func fill(t testing.TB, store *sqlstore.Store, n int) {
	t.Helper()
	createAccount(t, store)
	customers := make([]erasure.Customer, n)
	for i := range customers {
		customers[i] = person(i).customer()
	}
	if err := store.Import(t.Context(), benchAccount, customers); err != nil {
		t.Fatal(err)
	}
}

// eraseOne accepts the erasure of a customer of fill, and returns its target.
func eraseOne(t testing.TB, store *sqlstore.Store, i int) string {
	t.Helper()
	e, err := store.Accept(t.Context(), acceptOf(i), noQueue)
	if err != nil {
		t.Fatal(err)
	}
	return e.Targets[0].ID
}

func acceptOf(i int) erasure.AcceptRequest {
	return erasure.AcceptRequest{
		AccountCode: benchAccount, CustomerID: person(i).id(), At: benchStart, Deadline: benchStart.AddDate(0, 1, 0),
	}
}

func TestOpenRefusesAnotherMasterKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		err := refused(t, dsn, 2, sqlstore.Options{})
		wantText(t, err, "wrong master key: this database is sealed under "+newRing(t, 1).Current().String())
		wantText(t, err, newRing(t, 2).Current().String())
		eraseOne(t, store, 0) // nothing was lost
	})
}

// A database that has lost its mark, by a partial restore say, is not sealed on
// under whatever key comes along.
func TestOpenRefusesADatabaseWithoutItsMark(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		if _, err := store.DB().ExecContext(t.Context(), `DELETE FROM key_checks`); err != nil {
			t.Fatal(err)
		}
		wantText(t, refused(t, dsn, 2, sqlstore.Options{}), "the mark of the master key is gone")
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
		changed, err := store.Rewrap(t.Context(), func(done int) { steps = append(steps, done) })
		if want := n + 1; err != nil || changed != want { // 440 customers, 10 targets, the mark
			t.Errorf("changed %d, %v; want %d", changed, err, want)
		}
		if !slices.IsSorted(steps) || steps[len(steps)-1] != n+1 {
			t.Errorf("progress %v, want it to grow to %d", steps, n+1)
		}
		if changed, err := store.Rewrap(t.Context(), nil); err != nil || changed != 0 {
			t.Errorf("the second time changed %d, %v; want none", changed, err)
		}
		wantText(t, stale.Check(t.Context()), "after a rotation, the new key file")

		rotated := open(t, dsn, newRing(t, 2)) // without the old key
		attempt, err := rotated.Begin(t.Context(), targets[3], benchStart)
		if err != nil || attempt.References.Customer != person(3).reference() {
			t.Errorf("the references of a target are lost: %v", err)
		}
		ids, err := rotated.CustomersByMerchantID(t.Context(), benchAccount, person(20).merchantID())
		if err != nil || !slices.Equal(ids, []string{person(20).id()}) {
			t.Errorf("found %v, %v; want customer 20", ids, err)
		}
		attempt, err = rotated.Begin(t.Context(), eraseOne(t, rotated, 20), benchStart)
		if err != nil || attempt.References.Customer != person(20).reference() {
			t.Errorf("the references of a customer are lost: %v", err)
		}
	})
}

func TestLookupBeforeRewrap(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		fill(t, open(t, dsn, newRing(t, 1)), 2)
		rotated := open(t, dsn, newRing(t, 2, 1))
		ids, err := rotated.CustomersByMerchantID(t.Context(), benchAccount, person(1).merchantID())
		if err != nil || !slices.Equal(ids, []string{person(1).id()}) {
			t.Errorf("found %v, %v; want customer 1", ids, err)
		}
	})
}

// Rows that were altered, or moved from one place to another, do not open; and
// they do not keep the rest from being used.
func TestAlteredRowsAreUnreadable(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 5)
		target := eraseOne(t, store, 4)
		for _, statement := range []string{
			fmt.Sprintf(`UPDATE customers SET key = (SELECT key FROM customers WHERE id = '%s'), links = (SELECT links FROM customers WHERE id = '%s') WHERE id = '%s'`,
				person(1).id(), person(1).id(), person(0).id()), // one customer's data under another's name
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

		// An attempt has begun although it can do nothing, so that it can be ended.
		attempt, err := store.Begin(t.Context(), target, benchStart)
		if !errors.Is(err, erasure.ErrUnreadable) || attempt.Target.Attempts != 1 {
			t.Fatalf("got %+v, %v; want an attempt with ErrUnreadable", attempt.Target, err)
		}
		err = store.Finish(t.Context(), erasure.FinishRequest{
			TargetID: target, Attempt: 1, At: benchStart, State: erasure.TargetActionRequired, Reason: "references_unreadable",
		}, nil)
		if err != nil {
			t.Error(err)
		}

		rotated := open(t, dsn, newRing(t, 2, 1))
		changed, err := rotated.Rewrap(t.Context(), nil)
		wantText(t, err, "2 rows do not open")
		if changed != 4 { // customer 1, both targets (their keys are sound), the mark
			t.Errorf("changed %d rows, want 4", changed)
		}
	})
}
