package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// write runs fn in a transaction, and commits it if fn returns nil.
func (s *Store) write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return inTx(ctx, s.writer, s.engine.txOptions(), fn)
}

// writeTogether is like write, for changes that many callers make at once: on SQLite they
// share a transaction, see [groups]. fn must use the context that it is given, and must
// not change rows of other callers. On PostgreSQL it runs a second time if the session
// was lost before the commit, such as after a fail-over.
func (s *Store) writeTogether(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if s.groups != nil {
		return s.groups.write(ctx, fn)
	}
	once := func() error { return s.write(ctx, func(tx *sql.Tx) error { return fn(ctx, tx) }) }
	err := once()
	if err != nil && ctx.Err() == nil && isCut(err) && !errors.As(err, new(*commitError)) {
		s.sessions.discard()
		err = once()
	}
	return err
}

// read runs fn on one snapshot of the database.
func (s *Store) read(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return inTx(ctx, s.reader, s.engine.snapshotOptions(), fn)
}

func inTx(ctx context.Context, db *sql.DB, opts *sql.TxOptions, fn func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return explain(err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(tx); err != nil {
		return explain(err)
	}
	if err := tx.Commit(); err != nil {
		return &commitError{explain(err)}
	}
	return nil
}

// commitError is an error of a commit, which may have been made all the same.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }

// each calls row for each row of the result.
func each(rows *sql.Rows, err error, row func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// changedOne reports whether a statement changed any row.
func changedOne(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// micros returns a time as the database stores it; NULL for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// utc returns a time as the database returns it: UTC, in microseconds.
func utc(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// stamp scans a value of micros into a time.
type stamp struct{ *time.Time }

func (s stamp) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*s.Time = time.Time{}
	case int64:
		*s.Time = time.UnixMicro(value).UTC()
	default:
		return errors.New("a time is not a number of microseconds")
	}
	return nil
}

// flag returns a truth value as the database stores it: both engines scan 0 and 1 into
// a bool.
func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}
