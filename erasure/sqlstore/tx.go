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

// write runs fn in a transaction that it commits if fn returns nil.
func (s *Store) write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return inTx(ctx, s.writer, s.engine.txOptions(), fn)
}

// writeTogether is write for what many do at once: on SQLite it shares its
// transaction with others, see [groups]. fn must use the context it is given, and
// leave alone what others wrote.
func (s *Store) writeTogether(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if s.groups != nil {
		return s.groups.write(ctx, fn)
	}
	return s.write(ctx, func(tx *sql.Tx) error { return fn(ctx, tx) })
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
	defer func() { _ = tx.Rollback() }() // nothing to undo after a commit
	if err := fn(tx); err != nil {
		return explain(err)
	}
	return explain(tx.Commit())
}

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

// changedOne reports whether a statement changed a row.
func changedOne(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// micros returns a time as it is stored; NULL for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// utc returns a time as it comes back from the database.
func utc(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// stamp scans what micros returned into a time.
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
