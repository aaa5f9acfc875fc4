package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"sync"
	"time"
)

const (
	// truncateAfter is how long erased data stays in SQLite's write-ahead log, plus the time
	// of a checkpoint. Under constant load the log is truncated this often, which costs about
	// one percent of the writes.
	truncateAfter = time.Second

	// scrubPause is the shortest time between two scrubs, as a multiple of the time that one
	// takes. A scrub reads the whole file, so it may take one percent of a processor.
	scrubPause = 100
)

// cleaner removes what SQLite's files still contain of erased data: older versions of
// pages in the write-ahead log, and copies of rows in the unused parts of pages; see
// [scrub]. It uses its own connection, and holds the write lock only briefly, so that no
// request waits long for it.
type cleaner struct {
	db       *sql.DB
	truncate chan struct{} // capacity 1: several requests become one
	scrub    chan struct{} // capacity 1
	ctx      context.Context
	quit     context.CancelFunc
	ended    sync.WaitGroup
}

// startCleaner starts a cleaner. It truncates the log immediately and scrubs soon, because
// a killed process may have done neither.
func startCleaner(ctx context.Context, path string) (*cleaner, error) {
	// A truncating checkpoint has the write lock while it waits for readers, so it must
	// give up before requests are delayed. It is repeated.
	db, err := openFile(ctx, path, url.Values{"_busy_timeout": {"50"}, "_pragma": pragmas(readerCacheSize)}, 1)
	if err != nil {
		return nil, err
	}
	c := &cleaner{db: db, truncate: make(chan struct{}, 1), scrub: make(chan struct{}, 1)}
	c.ctx, c.quit = context.WithCancel(context.WithoutCancel(ctx))
	if _, err := truncateLog(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	wake(c.scrub)
	c.ended.Go(c.truncateOnRequest)
	c.ended.Go(c.scrubOnRequest)
	return c, nil
}

// request asks for the removal of what was just erased. It never blocks.
func (c *cleaner) request() {
	wake(c.truncate)
	wake(c.scrub)
}

func (c *cleaner) truncateOnRequest() {
	for c.wait(c.truncate) && c.sleep(truncateAfter) {
		if done, err := truncateLog(c.ctx, c.db); err != nil || !done {
			wake(c.truncate) // a reader uses the log, or the disk is full
		}
	}
}

func (c *cleaner) scrubOnRequest() {
	for c.wait(c.scrub) && c.sleep(truncateAfter) {
		began := time.Now()
		switch pages, err := scrub(c.ctx, c.db); {
		case err != nil:
			wake(c.scrub) // a writer has the lock, or the disk is full
		case pages > 0:
			wake(c.truncate) // the log may contain the pages as they were
		}
		c.sleep(scrubPause * time.Since(began))
	}
}

// wait waits for a request. It reports false if the cleaner stops.
func (c *cleaner) wait(requests <-chan struct{}) bool {
	select {
	case <-c.ctx.Done():
		return false
	case <-requests:
		return true
	}
}

// sleep reports false if the cleaner stops meanwhile.
func (c *cleaner) sleep(d time.Duration) bool {
	select {
	case <-c.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// truncateNow repeats the truncation until the log is empty or ctx ends.
func (c *cleaner) truncateNow(ctx context.Context) error {
	for {
		done, err := truncateLog(ctx, c.db)
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

// stop truncates the log a last time and closes the connection. If readers of other
// processes prevent that, the next Open of the database truncates the log.
func (c *cleaner) stop() error {
	c.quit()
	c.ended.Wait()
	_, err := truncateLog(context.Background(), c.db)
	return errors.Join(err, c.db.Close())
}

func wake(requests chan<- struct{}) {
	select {
	case requests <- struct{}{}:
	default:
	}
}

// truncateLog tries to empty the write-ahead log, and reports whether it did. It takes two
// steps, so that no writer waits for it long: a passive checkpoint copies the pages while
// readers and the writer continue. A truncating checkpoint then needs the write lock only
// for the few pages that were added meanwhile.
func truncateLog(ctx context.Context, db *sql.DB) (bool, error) {
	for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
		var busy, pages, copied int
		err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &pages, &copied)
		if err != nil || (mode == "TRUNCATE" && busy != 0) {
			return false, err
		}
	}
	return true, nil
}
