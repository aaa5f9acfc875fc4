package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"sync"
	"time"
)

// truncateAfter is how long erased data may stay in SQLite's write-ahead log,
// give or take a checkpoint. Under constant load this is also how often the log
// is truncated, which costs about one percent of the writes.
const truncateAfter = time.Second

// truncator empties SQLite's write-ahead log soon after erasures: the log holds
// older versions of the pages, with what was erased from them. It works on a
// connection of its own, in two steps, so that nobody waits for it long. A
// passive checkpoint copies the pages while readers and the writer go on; then a
// truncating one holds the write lock for the few pages that came meanwhile.
type truncator struct {
	db    *sql.DB
	wake  chan struct{} // capacity 1: many requests are one
	ctx   context.Context
	quit  context.CancelFunc
	ended sync.WaitGroup
}

// startTruncator truncates at once: a process that was killed may have left a
// log behind.
func startTruncator(ctx context.Context, path string) (*truncator, error) {
	// A truncating checkpoint waits for readers with the write lock in its hand, so
	// it must give up before a request notices; it is tried again.
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

// ask never blocks.
func (t *truncator) ask() {
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
			t.ask() // a reader was in the way, or the disk is full
		}
	}
}

// truncate reports whether the log is empty now.
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

// truncateNow tries until the log is empty or the context ends.
func (t *truncator) truncateNow(ctx context.Context) error {
	for {
		done, err := t.truncate(ctx)
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the write-ahead log was in use all the time"), ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stop truncates a last time. The log that readers of other processes keep from
// being truncated is left to whoever opens the database next.
func (t *truncator) stop() error {
	t.quit()
	t.ended.Wait()
	_, err := t.truncate(context.Background())
	return errors.Join(err, t.db.Close())
}
