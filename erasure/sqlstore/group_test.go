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

// groupTest has one write that holds its transaction open until release, and
// what waits behind it.
type groupTest struct {
	*testing.T
	*groups
	release func()
	writes  sync.WaitGroup
}

// groupTests run in a bubble: synctest.Wait returns when every write that can has
// begun or waits.
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

// scratch is a database with one table, in a file.
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

// start makes a write whose error it returns a pointer to.
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

// end lets all writes end, and checks what is in the table then.
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

func TestGroups(t *testing.T) {
	t.Parallel()
	t.Run("ShareATransaction", func(t *testing.T) {
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
	})
	t.Run("FailAlone", func(t *testing.T) {
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
	})
	// What a write found may be what another of its group did.
	t.Run("FailTogetherWhenTheCommitFails", func(t *testing.T) {
		inGroupTest(t, func(g *groupTest) {
			var errs []*error
			errs = append(errs, g.start(g.Context(), insert("a")),
				g.start(g.Context(), func(context.Context, *sql.Tx) error { return errOwn }),
				g.start(g.Context(), func(ctx context.Context, tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, `PRAGMA defer_foreign_keys = 1`)
					if err == nil {
						_, err = tx.ExecContext(ctx, `INSERT INTO entries (name, parent) VALUES ('b', 'nobody')`)
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
	})
	t.Run("FailTogetherWhenTheTransactionIsLost", func(t *testing.T) {
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
					g.Errorf("write %d: got %v, want that the transaction is lost: errOwn is true of one alone", i, *err)
				}
			}
			if err := g.write(g.Context(), insert("later")); err != nil {
				g.Errorf("the next write: %v", err)
			}
		})
	})
	t.Run("OfMoreThanOneGroup", func(t *testing.T) {
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
	})
	t.Run("LeaveWhileTheyWait", func(t *testing.T) {
		inGroupTest(t, func(g *groupTest) {
			ctx, cancel := context.WithCancel(g.Context())
			a, b := g.start(ctx, insert("a")), g.start(g.Context(), insert("b"))
			synctest.Wait()
			cancel()
			synctest.Wait()
			if !errors.Is(*a, context.Canceled) {
				g.Errorf("got %v, want that it left at once", *a)
			}
			g.end("b")
			if *b != nil {
				g.Errorf("the other: %v", *b)
			}
		})
	})
	t.Run("StayOnceTheyHaveBegun", func(t *testing.T) {
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
	})
	t.Run("Panic", func(t *testing.T) {
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
	})
	t.Run("FailTogetherWhenTheTransactionIsLostInSilence", func(t *testing.T) {
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
	})
	t.Run("OutliveTheContextOfTheFirst", func(t *testing.T) {
		inGroupTest(t, func(g *groupTest) {
			ctx, cancel := context.WithCancel(g.Context())
			a := g.start(ctx, func(ctx context.Context, tx *sql.Tx) error {
				cancel()
				time.Sleep(time.Second) // whatever that sets in motion has happened
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
	})
	t.Run("WaitQuietlyOnceTheyHaveBegun", func(t *testing.T) {
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
	})
	t.Run("GoInTheirOrder", func(t *testing.T) {
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
					g.Errorf("%d share a transaction", n)
				}
			}
		})
	})
	t.Run("ExplainErrorsOnce", func(t *testing.T) {
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
				if n := strings.Count(fmt.Sprint(err), "this user must be able"); n != 1 {
					g.Errorf("explained %d times: %v", n, err)
				}
			}
		})
	})
	t.Run("ThatEndTheirGoroutine", func(t *testing.T) {
		inGroupTest(t, func(g *groupTest) {
			g.writes.Go(func() { // its own result goes with it, if it is the one that works
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
	})
}
