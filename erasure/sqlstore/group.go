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

// maxGroup limits the number of writes that share a transaction, and with it the time
// that the first of them waits for the last.
const maxGroup = 128

// groups lets SQLite's writers share transactions. SQLite allows one writer at a time,
// and each commit waits for the disk. Writes that have to queue anyway are therefore
// made in one transaction, with one wait for the disk. A write never waits for others
// to join it: if no other is queued, it has a transaction of its own.
//
// The goroutine that gets the turn makes all the writes that are queued. A write that
// fails is rolled back alone, to a savepoint. If the transaction cannot commit, every
// write of the group fails, including those that returned a result of their own: they
// may have read changes that are rolled back.
type groups struct {
	db   *sql.DB
	turn chan struct{} // capacity 1: the goroutine that filled it may write

	mu      sync.Mutex
	waiting []*groupedWrite
}

type groupedWrite struct {
	ctx  context.Context // never cancelled: that would roll back the others' writes
	fn   func(context.Context, *sql.Tx) error
	done chan struct{} // closed when err and panicked are set

	err      error
	panicked any
}

func newGroups(db *sql.DB) *groups { return &groups{db: db, turn: make(chan struct{}, 1)} }

// write runs fn in a transaction, and returns nil once that is committed. If ctx ends
// before fn has begun, fn never runs. After that, the end of ctx has no effect.
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
				panic(w.panicked) // in the caller's goroutine, as without groups
			}
			return w.err
		case g.turn <- struct{}{}:
			g.run(ctx, w)
		case <-ctx.Done():
		}
	}
}

// run makes the writes that have waited longest, and releases the turn. In a long queue
// w may not be one of them. The transaction begins before the writes are taken from the
// queue: it may have to wait for another process, and until it begins each of the writes
// can still be withdrawn.
func (g *groups) run(ctx context.Context, w *groupedWrite) {
	defer func() { <-g.turn }()
	select {
	case <-w.done: // the previous turn made it
		return
	default:
	}
	tx, err := g.begin(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return // the contexts of the others may last longer
	case err != nil:
		settle(g.take(math.MaxInt), err)
		return
	}
	group := g.take(maxGroup)
	err = errUnfinished
	defer func() { settle(group, err) }() // always: their callers wait for it
	defer func() { _ = tx.Rollback() }()  // does nothing after a commit
	if err = doAll(tx, group); err == nil {
		err = tx.Commit()
	}
}

// errUnfinished is the error of a write that panicked or ended its goroutine.
var errUnfinished = errors.New("a write did not return")

// errNoTurn is the error if no transaction begins within busyTimeout. It reads like
// SQLite's own error after [explain], because the cause can be the same: the job queue
// writes on the same connection, and waits there for other processes, too.
var errNoTurn = fmt.Errorf("%s, or busy with this process's queue, for %v", meaningLocked, busyTimeout)

// begin begins a transaction, unless ctx ends or busyTimeout passes first. Neither ends
// the transaction later.
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

// doAll makes the writes of a group. It returns an error if the transaction is lost.
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

// doAlone makes a write that can fail alone, in a savepoint. It returns an error if the
// transaction is lost.
func (w *groupedWrite) doAlone(tx *sql.Tx) error {
	if _, err := tx.ExecContext(w.ctx, `SAVEPOINT one`); err != nil {
		return err
	}
	if w.do(tx); w.err != nil {
		if _, err := tx.ExecContext(w.ctx, `ROLLBACK TO one`); err != nil {
			if errors.As(w.err, new(*sqlite.Error)) {
				return w.err // the reason why SQLite rolled back, such as a full disk
			}
			return err // w.err applies to w only, such as a customer not found
		}
	}
	_, err := tx.ExecContext(w.ctx, `RELEASE one`) // fails if fn did not notice that the transaction is lost
	return err
}

func (w *groupedWrite) do(tx *sql.Tx) {
	w.err = errUnfinished
	defer func() { w.panicked = recover() }()
	w.err = w.fn(w.ctx, tx)
}

// settle gives each write of a group its result: err, if that is not nil, or its own.
func settle(group []*groupedWrite, err error) {
	for _, w := range group {
		w.err = explain(cmp.Or(err, w.err))
		close(w.done)
	}
}

// withdraw removes a write from the queue. It returns false if the write has begun.
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

// take removes up to n writes from the queue, the longest waiting first.
func (g *groups) take(n int) []*groupedWrite {
	g.mu.Lock()
	defer g.mu.Unlock()
	n = min(n, len(g.waiting))
	taken := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return taken
}
