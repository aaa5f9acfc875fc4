package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/erasurelog"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

const (
	// logPeriod is how often the erasure log is brought up to date.
	logPeriod = 250 * time.Millisecond
	// logBatch is how many changes are written, and waited for, at once.
	logBatch = 500
	// logStop is how long the last changes may take when the process stops.
	logStop = 5 * time.Second
	// logLate is how long the log may be behind until the process is not ready. A disk that
	// hangs reports no error.
	logLate = 15 * time.Second
)

// erasureLog writes the changes of erasures to a file. It reads them from the database,
// by the number of the last one in the file, so that none is missing after a crash, and
// accepting a delete does not wait for it.
type erasureLog struct {
	store  *sqlstore.Store
	writer *erasurelog.Writer
	log    *slog.Logger

	mu      sync.Mutex
	err     error     // of the latest attempt to write
	current time.Time // when the log was last up to date
}

// openLog opens the log at a path and brings it up to date. It fails if the database is
// older than the log.
func openLog(ctx context.Context, flags database.Flags, path string, store *sqlstore.Store, log *slog.Logger) (*erasureLog, error) {
	path = database.Absolute(path)
	position, err := store.LogPosition(ctx)
	if err != nil {
		return nil, err
	}
	name := position.Database
	if name == "" {
		name = erasurelog.NewDatabase()
	}
	w, err := erasurelog.Open(path, name, erasurelog.DefaultPartSize)
	if err != nil {
		return nil, fmt.Errorf("--erasure-log: %w", err)
	}
	l := &erasureLog{store: store, writer: w, log: log}
	err = checkPosition(flags, path, position, logEnd{w.Database(), w.Last()})
	if err == nil {
		var lacks bool
		if lacks, err = store.LacksChange(ctx, w.Tail()); lacks {
			err = olderThanLog(flags, path)
		}
	}
	if err == nil {
		err = store.AdvanceLog(ctx, sqlstore.LogPosition{Database: w.Database(), Path: path})
	}
	if err == nil {
		err = w.Append(nil) // shows that the file can be written
	}
	if err == nil {
		err = l.write(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return l, nil
}

// logEnd is where a log ends.
type logEnd struct {
	database string
	last     int64
}

// checkPosition compares the database's position with the end of a log.
func checkPosition(flags database.Flags, path string, p sqlstore.LogPosition, end logEnd) error {
	switch {
	case end.last == 0:
		return nil // nothing that could be lost
	case p.Database == "" || p.Database == end.database && p.Last < end.last:
		return olderThanLog(flags, path)
	case p.Database != end.database:
		return fmt.Errorf("--erasure-log: %s is the log of another database: give each database a file of its own", path)
	}
	return nil
}

// olderThanLog says that a copy of the database was restored, and what to do.
func olderThanLog(flags database.Flags, path string) error {
	return command.NewUsageError(
		"the database is older than its erasure log "+path+": customers who were erased since then are in it again",
		"yuno-erasure erasures apply "+databaseFlag(flags)+quoted(path))
}

// databaseFlag returns --database as a command needs it, without a password.
func databaseFlag(flags database.Flags) string {
	if file := flags.File(); file != "" {
		return "--database " + quoted("file:"+database.Absolute(file)) + " "
	}
	return "" // the address is in the environment, or may contain a password
}

// quoted returns an argument as a shell needs it.
func quoted(arg string) string {
	if strings.Trim(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:") == "" {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// positions is a database with an erasure log.
type positions interface {
	LogPosition(ctx context.Context) (sqlstore.LogPosition, error)
}

// warnOfLog warns if a database that is served without --erasure-log has a log on this
// machine, and above all if that has changes which the database lacks.
func warnOfLog(ctx context.Context, flags database.Flags, store positions, log *slog.Logger) {
	position, err := store.LogPosition(ctx)
	if err != nil || position.Path == "" {
		return
	}
	if _, err := os.Stat(position.Path); err != nil {
		return // another machine wrote it, or it was removed on purpose
	}
	header, last, err := erasurelog.Head(position.Path)
	if err != nil {
		log.Warn("the erasure log of this database cannot be read", "file", position.Path, "err", err)
		return
	}
	// Another process may be writing the log. It numbers a change in the database first, so
	// the position that is read after the file is as far as the file, or farther.
	if position, err = store.LogPosition(ctx); err != nil {
		return
	}
	var older *command.UsageError
	if errors.As(checkPosition(flags, position.Path, position, logEnd{header.Database, last}), &older) {
		log.Warn(older.Message, "run", older.Hint)
		return
	}
	log.Warn("this database has an erasure log, which is not written now: give --erasure-log", "file", position.Path)
}

// startLog writes the erasure log until stop is called, or does nothing without one.
func (c *Command) startLog(ctx context.Context, d *Daemon) (stop func() error, err error) {
	if c.ErasureLog == "" {
		warnOfLog(ctx, c.Flags, d.store, d.log)
		return func() error { return nil }, nil
	}
	if d.erasureLog, err = openLog(ctx, c.Flags, c.ErasureLog, d.store, d.log); err != nil {
		return nil, err
	}
	d.metrics.log(d.erasureLog.behind)
	// It goes on while the last requests and jobs finish.
	following, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() { d.erasureLog.follow(following) })
	return func() error {
		cancel()
		done.Wait()
		return d.erasureLog.close(ctx)
	}, nil
}

// follow keeps the log up to date until ctx ends.
func (l *erasureLog) follow(ctx context.Context) {
	tick := time.NewTicker(logPeriod)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := l.write(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			l.log.Error("the erasure log is not written; deletes are accepted all the same, and it is tried again", "err", err)
		case err == nil && failing:
			l.log.Info("the erasure log is up to date again")
		}
		failing = err != nil
	}
}

// write numbers the changes in the database and writes those that the file lacks.
func (l *erasureLog) write(ctx context.Context) error {
	err := l.writeAll(ctx)
	l.mu.Lock()
	if l.err = err; err == nil {
		l.current = time.Now()
	}
	l.mu.Unlock()
	return err
}

func (l *erasureLog) writeAll(ctx context.Context) error {
	for {
		numbered, err := l.store.NumberChanges(ctx, logBatch)
		if err != nil {
			return err
		}
		changes, err := l.store.ChangesAfter(ctx, l.writer.Last(), logBatch)
		if err != nil {
			return err
		}
		if len(changes) == 0 && numbered == 0 && !l.writer.Moved() {
			return nil
		}
		if err := l.writer.Append(changes); errors.Is(err, erasurelog.ErrMoved) {
			l.log.Warn("the erasure log was moved or removed, and is continued or written again", "err", err)
		} else if err != nil {
			return err
		}
	}
}

// status returns why the log is not up to date, or nil.
func (l *erasureLog) status() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if behind := time.Since(l.current); l.err == nil && behind > logLate {
		return fmt.Errorf("not written for %v: the disk or the database does not respond", behind.Round(time.Second))
	}
	return l.err
}

// behind is how long ago the log was up to date, in seconds.
func (l *erasureLog) behind() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.current).Seconds()
}

// close writes the last changes and closes the file.
func (l *erasureLog) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logStop)
	defer cancel()
	return errors.Join(l.write(ctx), l.writer.Close())
}
