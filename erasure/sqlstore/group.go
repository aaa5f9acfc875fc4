package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// maxGroup bounds how many writes share a transaction, and so how long the first
// of them waits for the last.
const maxGroup = 128

// groups lets SQLite's writers share transactions. SQLite has one writer at a
// time, and each commit waits for the disk: writes that queue behind one another
// anyway are done in one transaction, with one wait for the disk. Nobody waits for
// company: a write that comes alone is done alone.
//
// Whoever gets its turn does the work of all that wait. A write that fails is
// undone alone, by a savepoint. What the others found was found in a transaction
// that has to commit first, so when it cannot, every write of the group fails.
type groups struct {
	db   *sql.DB
	turn chan struct{} // capacity 1: its holder writes

	mu      sync.Mutex
	waiting []*groupedWrite
}

type groupedWrite struct {
	ctx  context.Context // never cancelled: that would take the others along
	fn   func(context.Context, *sql.Tx) error
	done chan struct{} // closed when the two below are set

	err      error
	panicked any
}

func newGroups(db *sql.DB) *groups { return &groups{db: db, turn: make(chan struct{}, 1)} }

// write runs fn, and returns nil when what fn did is committed. If ctx ends before
// fn has begun, it never runs; from then on ctx is not looked at.
func (g *groups) write(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	w := &groupedWrite{ctx: context.WithoutCancel(ctx), fn: fn, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()
	for {
		if ctx.Err() != nil {
			if g.withdraw(w) {
				return ctx.Err()
			}
			ctx = w.ctx // it has begun
		}
		select {
		case <-w.done:
			if w.panicked != nil {
				panic(w.panicked) // where it would have been without the others
			}
			return w.err
		case g.turn <- struct{}{}:
			g.run(ctx, w)
		case <-ctx.Done():
		}
	}
}

// run does the writes that have waited longest, which in a long queue need not
// reach w, and gives the turn back. The transaction begins before they are taken:
// it may have to wait for another process, and until then each of them may leave.
func (g *groups) run(ctx context.Context, w *groupedWrite) {
	defer func() { <-g.turn }()
	select {
	case <-w.done: // in the turn before this one
		return
	default:
	}
	tx, err := g.begin(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return // the others may have more time
	case err != nil:
		settle(g.take(math.MaxInt), err)
		return
	}
	group := g.take(maxGroup)
	err = errUnfinished
	defer func() { settle(group, err) }() // whatever happens: they wait for it
	defer func() { _ = tx.Rollback() }()  // nothing to undo after a commit
	if err = doAll(tx, group); err == nil {
		err = tx.Commit()
	}
}

// errUnfinished is what a write came to that panicked, or ended its goroutine.
var errUnfinished = errors.New("a write did not return")

// errNoTurn is what [explain] makes of SQLite's own error, for a wait that took as
// long elsewhere: the queue writes on the same connection, and waits in it too.
var errNoTurn = fmt.Errorf("%s, or busy with this one's queue, for %v", meaningLocked, busyTimeout)

// begin begins a transaction, unless ctx ends or busyTimeout passes before. What
// happens later does not end it.
func (g *groups) begin(ctx context.Context) (*sql.Tx, error) {
	txCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	caller := context.AfterFunc(ctx, cancel)
	timeout := time.AfterFunc(busyTimeout, cancel)
	tx, err := g.db.BeginTx(txCtx, nil)
	if caller() && timeout.Stop() && err == nil {
		return tx, nil
	}
	cancel()
	if err == nil { // cancelled just after it began
		_ = tx.Rollback()
		err = context.Canceled
	}
	if errors.Is(err, context.Canceled) {
		err = errNoTurn // or ctx ended, which the caller sees
	}
	return nil, err
}

// doAll returns an error if the transaction is lost.
func doAll(tx *sql.Tx, group []*groupedWrite) error {
	if len(group) == 1 {
		group[0].do(tx)
		return group[0].err
	}
	for _, w := range group {
		if err := w.doAlone(tx); err != nil {
			return err
		}
	}
	return nil
}

// doAlone runs a write so that it can fail alone.
func (w *groupedWrite) doAlone(tx *sql.Tx) error {
	if _, err := tx.ExecContext(w.ctx, `SAVEPOINT one`); err != nil {
		return err
	}
	if w.do(tx); w.err != nil {
		if _, err := tx.ExecContext(w.ctx, `ROLLBACK TO one`); err != nil {
			if errors.As(w.err, new(*sqlite.Error)) {
				return w.err // why SQLite has undone all: a full disk, say
			}
			return err // w.err is true of w alone: a customer not found, say
		}
	}
	_, err := tx.ExecContext(w.ctx, `RELEASE one`) // fails if the transaction is lost and fn has not noticed
	return err
}

func (w *groupedWrite) do(tx *sql.Tx) {
	w.err = errUnfinished
	defer func() { w.panicked = recover() }()
	w.err = w.fn(w.ctx, tx)
}

// settle tells each write of a group what became of it.
func settle(group []*groupedWrite, err error) {
	for _, w := range group {
		w.err = explain(cmp.Or(err, w.err))
		close(w.done)
	}
}

// withdraw reports whether a write had not begun.
func (g *groups) withdraw(w *groupedWrite) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, w)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// take returns up to n writes, those that have waited longest.
func (g *groups) take(n int) []*groupedWrite {
	g.mu.Lock()
	defer g.mu.Unlock()
	n = min(n, len(g.waiting))
	taken := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return taken
}
