package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"
)

const (
	// truncateAfter is how long erased data stays in SQLite's write-ahead log, plus the time
	// of a checkpoint. Under constant load the log is truncated this often, which costs about
	// one percent of the writes.
	truncateAfter = time.Second

	// scrubPause is how long a scrub pauses after each batch of pages, as a multiple of the
	// time that reading it took. It reads the whole file, so it may take one percent of the
	// time: a file of a gigabyte takes two to three minutes.
	scrubPause = 100

	// scrubEvery is when the file is scrubbed without a request: another process may have
	// erased something, and ended before it scrubbed.
	scrubEvery = time.Hour
)

// cleaner removes what SQLite's files still contain of erased data: older versions of
// pages in the write-ahead log, and copies of rows in the unused parts of pages; see
// [scrub]. It uses its own connection, and holds the write lock only briefly, so that no
// request waits long for it.
type cleaner struct {
	db       *sql.DB
	log      *slog.Logger
	truncate chan struct{} // capacity 1: several requests become one
	scrub    chan struct{} // capacity 1
	ctx      context.Context
	quit     context.CancelFunc
	ended    sync.WaitGroup
}

// startCleaner starts a cleaner. It truncates the log immediately and scrubs soon, because
// a killed process may have done neither.
func startCleaner(ctx context.Context, path string, log *slog.Logger) (*cleaner, error) {
	// A truncating checkpoint has the write lock while it waits for readers, so it must
	// give up before requests are delayed. It is repeated.
	db, err := openFile(ctx, path, url.Values{"_busy_timeout": {"50"}, "_pragma": pragmas(readerCacheSize)}, 1)
	if err != nil {
		return nil, err
	}
	c := &cleaner{db: db, log: log, truncate: make(chan struct{}, 1), scrub: make(chan struct{}, 1)}
	c.ctx, c.quit = context.WithCancel(context.WithoutCancel(ctx))
	switch done, err := truncateLog(ctx, db); {
	case err != nil:
		return nil, errors.Join(err, db.Close())
	case !done:
		wake(c.truncate)
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
	var reported string
	for c.wait(c.truncate, nil) && sleep(c.ctx, truncateAfter) {
		done, err := truncateLog(c.ctx, c.db)
		if err != nil || !done {
			wake(c.truncate) // a reader uses the log, or the disk is full
		}
		reported = c.report(reported, err)
	}
}

func (c *cleaner) scrubOnRequest() {
	var reported string
	for c.wait(c.scrub, time.After(scrubEvery)) && sleep(c.ctx, truncateAfter) {
		pages, err := scrub(c.ctx, c.db, scrubPause)
		if err != nil {
			wake(c.scrub) // the disk is full
		}
		if pages > 0 {
			wake(c.truncate) // the log may contain the pages as they were
		}
		reported = c.report(reported, err)
	}
}

// report logs an error unless it was the last one too, and returns its text.
func (c *cleaner) report(last string, err error) string {
	if err == nil || c.ctx.Err() != nil {
		return ""
	}
	text := explain(err).Error()
	if text != last {
		c.log.WarnContext(c.ctx, "erased data may remain in the database's files, which cannot be cleaned", "error", text)
	}
	return text
}

// wait waits for a request or a time. It reports false if the cleaner stops.
func (c *cleaner) wait(requests <-chan struct{}, at <-chan time.Time) bool {
	select {
	case <-c.ctx.Done():
		return false
	case <-requests:
		return true
	case <-at:
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
		if !sleep(ctx, 10*time.Millisecond) {
			return errors.Join(errors.New("the write-ahead log was in use for the whole time"), ctx.Err())
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

// sleep reports false if ctx ends meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
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
