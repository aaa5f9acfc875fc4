package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"sync"
	"time"
)

// truncateAfter is how long erased data stays in SQLite's write-ahead log, plus the time
// of a checkpoint. Under constant load the log is truncated this often, which costs about
// one percent of the writes.
const truncateAfter = time.Second

// truncator empties SQLite's write-ahead log soon after erasures, because the log
// contains older versions of pages, including the erased data. It uses its own
// connection and two steps, so that no writer waits for it long. A passive checkpoint
// copies the pages while readers and the writer continue. A truncating checkpoint then
// needs the write lock only for the few pages that were added meanwhile.
type truncator struct {
	db    *sql.DB
	wake  chan struct{} // capacity 1: several requests become one
	ctx   context.Context
	quit  context.CancelFunc
	ended sync.WaitGroup
}

// startTruncator starts a truncator. It truncates immediately, because a killed process
// may have left a log behind.
func startTruncator(ctx context.Context, path string) (*truncator, error) {
	// A truncating checkpoint has the write lock while it waits for readers, so it must
	// give up before requests are delayed. It is repeated.
	db, err := openFile(ctx, path, url.Values{"_busy_timeout": {"50"}}, 1)
	if err != nil {
		return nil, err
	}
	t := &truncator{db: db, wake: make(chan struct{}, 1)}
	t.ctx, t.quit = context.WithCancel(context.WithoutCancel(ctx))
	if _, err := t.truncate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	t.ended.Go(t.run)
	return t, nil
}

// request asks for a truncation after truncateAfter. It never blocks.
func (t *truncator) request() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *truncator) run() {
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-t.wake:
		}
		select {
		case <-t.ctx.Done():
			return
		case <-time.After(truncateAfter):
		}
		if done, err := t.truncate(t.ctx); err != nil || !done {
			t.request() // a reader uses the log, or the disk is full
		}
	}
}

// truncate tries to empty the log, and reports whether it did.
func (t *truncator) truncate(ctx context.Context) (bool, error) {
	for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
		var busy, pages, copied int
		err := t.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &pages, &copied)
		if err != nil || (mode == "TRUNCATE" && busy != 0) {
			return false, err
		}
	}
	return true, nil
}

// truncateNow repeats truncate until the log is empty or ctx ends.
func (t *truncator) truncateNow(ctx context.Context) error {
	for {
		done, err := t.truncate(ctx)
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the write-ahead log was in use for the whole time"), ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stop truncates a last time and closes the connection. If readers of other processes
// prevent that, the next Open of the database truncates the log.
func (t *truncator) stop() error {
	t.quit()
	t.ended.Wait()
	_, err := t.truncate(context.Background())
	return errors.Join(err, t.db.Close())
}
