package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// groupTest has one write whose transaction stays open until release. Further writes
// queue behind it.
type groupTest struct {
	*testing.T
	*groups
	release func()
	writes  sync.WaitGroup
}

// inGroupTest runs a test in a synctest bubble. There, synctest.Wait returns once no
// write can continue.
func inGroupTest(t *testing.T, test func(t *groupTest)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := scratch(t)
		g := &groupTest{T: t, groups: newGroups(db)}
		hold := make(chan struct{})
		g.release = sync.OnceFunc(func() { close(hold) })
		g.start(t.Context(), func(context.Context, *sql.Tx) error { <-hold; return nil })
		synctest.Wait()
		test(g)
		g.release()
		g.writes.Wait()
	})
}

// scratch returns a database file with one table.
func scratch(t *testing.T) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := openFile(t.Context(), path, map[string][]string{"mode": {"rwc"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), `CREATE TABLE entries (name TEXT PRIMARY KEY, parent TEXT REFERENCES entries (name))`)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// start starts a write, and returns where its error will be.
func (g *groupTest) start(ctx context.Context, fn func(context.Context, *sql.Tx) error) *error {
	var err error
	g.writes.Go(func() { err = g.write(ctx, fn) })
	return &err
}

func insert(name string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO entries (name) VALUES ($1)`, name)
		return err
	}
}

// end lets all writes finish, and checks the content of the table.
func (g *groupTest) end(want string) {
	g.Helper()
	g.release()
	g.writes.Wait()
	var got sql.NullString
	if err := g.db.QueryRowContext(g.Context(), `SELECT group_concat(name, ' ' ORDER BY name) FROM entries`).Scan(&got); err != nil {
		g.Fatal(err)
	}
	if got.String != want {
		g.Errorf("got entries %q, want %q", got.String, want)
	}
}

var errOwn = errors.New("a write's own error")

func TestGroupsShareATransaction(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		var used [2]*sql.Tx
		for i, name := range []string{"a", "b"} {
			g.start(g.Context(), func(ctx context.Context, tx *sql.Tx) error { used[i] = tx; return insert(name)(ctx, tx) })
		}
		synctest.Wait()
		g.end("a b")
		if used[0] == nil || used[0] != used[1] {
			g.Errorf("got transactions %p and %p, want one", used[0], used[1])
		}
	})
}

func TestGroupedWriteFailsAlone(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		a := g.start(g.Context(), insert("a"))
		failed := g.start(g.Context(), func(ctx context.Context, tx *sql.Tx) error { return errors.Join(insert("b")(ctx, tx), errOwn) })
		again := g.start(g.Context(), insert("c"))
		synctest.Wait()
		g.end("a c")
		if *a != nil || *again != nil || !errors.Is(*failed, errOwn) {
			g.Errorf("got %v, %v and %v, want only the second to fail", *a, *failed, *again)
		}
	})
}

// A write may have read what another of its group wrote.
func TestGroupFailsWhenTheCommitFails(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		var errs []*error
		errs = append(errs, g.start(g.Context(), insert("a")),
			g.start(g.Context(), func(context.Context, *sql.Tx) error { return errOwn }),
			g.start(g.Context(), func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `PRAGMA defer_foreign_keys = 1`)
				if err == nil {
					_, err = tx.ExecContext(ctx, `INSERT INTO entries (name, parent) VALUES ('b', 'missing')`)
				}
				return err
			}))
		synctest.Wait()
		g.end("")
		for i, err := range errs {
			if *err == nil || !strings.Contains((*err).Error(), "FOREIGN KEY") {
				g.Errorf("write %d: got %v, want why the commit failed", i, *err)
			}
		}
		if err := g.write(g.Context(), insert("later")); err != nil {
			g.Errorf("the next write: %v", err)
		}
	})
}

func TestGroupFailsWhenTheTransactionIsLost(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		a := g.start(g.Context(), insert("a"))
		b := g.start(g.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `ROLLBACK`) // as SQLite does when the disk is full
			return errors.Join(err, errOwn)
		})
		c := g.start(g.Context(), insert("c"))
		synctest.Wait()
		g.end("")
		for i, err := range []*error{a, b, c} {
			if *err == nil || errors.Is(*err, errOwn) {
				g.Errorf("write %d: got %v, want that the transaction is lost: errOwn applies to one write only", i, *err)
			}
		}
		if err := g.write(g.Context(), insert("later")); err != nil {
			g.Errorf("the next write: %v", err)
		}
	})
}

func TestMoreWritesThanOneGroup(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		for i := range 2*maxGroup + 10 {
			g.start(g.Context(), insert(string(rune('a'+i))))
		}
		synctest.Wait()
		g.release()
		g.writes.Wait()
		var n int
		if err := g.db.QueryRowContext(g.Context(), `SELECT count(*) FROM entries`).Scan(&n); err != nil || n != 2*maxGroup+10 {
			g.Errorf("got %d entries, %v", n, err)
		}
	})
}

func TestQueuedWriteIsWithdrawn(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		ctx, cancel := context.WithCancel(g.Context())
		a, b := g.start(ctx, insert("a")), g.start(g.Context(), insert("b"))
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(*a, context.Canceled) {
			g.Errorf("got %v, want that it was withdrawn at once", *a)
		}
		g.end("b")
		if *b != nil {
			g.Errorf("the other: %v", *b)
		}
	})
}

func TestBegunWriteIgnoresItsContext(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		ctx, cancel := context.WithCancel(g.Context())
		a := g.start(ctx, func(ctx context.Context, tx *sql.Tx) error { cancel(); return insert("a")(ctx, tx) })
		b := g.start(g.Context(), insert("b"))
		synctest.Wait()
		g.end("a b")
		if *a != nil || *b != nil {
			g.Errorf("got %v and %v", *a, *b)
		}
	})
}

func TestGroupedWritePanicsInItsCaller(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		var recovered any
		g.writes.Go(func() {
			defer func() { recovered = recover() }()
			_ = g.write(g.Context(), func(ctx context.Context, tx *sql.Tx) error {
				_ = insert("a")(ctx, tx)
				panic("boom")
			})
		})
		b := g.start(g.Context(), insert("b"))
		synctest.Wait()
		g.end("b")
		if recovered != "boom" || *b != nil {
			g.Errorf("got panic %v, and %v from the other", recovered, *b)
		}
	})
}

func TestGroupFailsWhenTheTransactionIsLostUnnoticed(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		var errs []*error
		for _, fn := range []func(context.Context, *sql.Tx) error{
			insert("a"),
			func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `ROLLBACK`)
				return err
			},
			insert("c"),
		} {
			errs = append(errs, g.start(g.Context(), fn))
			synctest.Wait()
		}
		g.end("")
		for i, err := range errs {
			if *err == nil {
				g.Errorf("write %d: no error, and nothing is in the database", i)
			}
		}
	})
}

func TestGroupOutlivesTheContextOfItsFirstWrite(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		ctx, cancel := context.WithCancel(g.Context())
		a := g.start(ctx, func(ctx context.Context, tx *sql.Tx) error {
			cancel()
			time.Sleep(time.Second) // all effects of the cancellation have happened
			return insert("a")(ctx, tx)
		})
		synctest.Wait()
		b := g.start(g.Context(), insert("b"))
		synctest.Wait()
		g.end("a b")
		if *a != nil || *b != nil {
			g.Errorf("got %v and %v", *a, *b)
		}
	})
}

func TestBegunWriteWaitsWithoutSpinning(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		hold := make(chan struct{})
		g.start(g.Context(), func(context.Context, *sql.Tx) error { <-hold; return nil })
		synctest.Wait()
		ctx, cancel := context.WithCancel(g.Context())
		b := g.start(ctx, insert("b"))
		synctest.Wait()
		g.release()
		synctest.Wait()
		cancel()
		synctest.Wait() // returns when nothing runs
		close(hold)
		g.end("b")
		if *b != nil {
			g.Error(*b)
		}
	})
}

func TestGroupsKeepTheOrderOfTheQueue(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		var order []int
		size := map[*sql.Tx]int{}
		for i := range 2*maxGroup + 10 {
			g.start(g.Context(), func(_ context.Context, tx *sql.Tx) error {
				order = append(order, i)
				size[tx]++
				return nil
			})
			synctest.Wait()
		}
		g.end("")
		if !slices.IsSorted(order) {
			g.Errorf("got the order %v", order)
		}
		for _, n := range size {
			if n > maxGroup {
				g.Errorf("%d writes share a transaction", n)
			}
		}
	})
}

func TestGroupsExplainErrorsOnce(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		refused := func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `PRAGMA query_only = 1`)
			if err == nil {
				err = insert("x")(ctx, tx)
			}
			_, _ = tx.ExecContext(ctx, `PRAGMA query_only = 0`)
			return err
		}
		among := g.start(g.Context(), refused)
		g.start(g.Context(), insert("b"))
		synctest.Wait()
		g.end("b")
		for _, err := range []error{*among, g.write(g.Context(), refused)} {
			if n := strings.Count(fmt.Sprint(err), "this user needs write access"); n != 1 {
				g.Errorf("explained %d times: %v", n, err)
			}
		}
	})
}

func TestGroupedWriteThatEndsItsGoroutine(t *testing.T) {
	inGroupTest(t, func(g *groupTest) {
		g.writes.Go(func() { // with its own result, if it has the turn
			_ = g.write(g.Context(), func(context.Context, *sql.Tx) error { runtime.Goexit(); return nil })
		})
		synctest.Wait()
		b := g.start(g.Context(), insert("b"))
		synctest.Wait()
		g.end("")
		if !errors.Is(*b, errUnfinished) {
			g.Errorf("got %v from the other", *b)
		}
		if err := g.write(g.Context(), insert("later")); err != nil {
			g.Errorf("the next write: %v", err)
		}
	})
}
