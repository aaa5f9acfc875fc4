package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
)

// Engine is the kind of database behind a [Store].
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgresql"
)

// parseDSN tells the engine by the form of the address. For SQLite it returns
// the path of the file.
func parseDSN(dsn string) (engine Engine, path string, err error) {
	switch {
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return PostgreSQL, "", nil
	case strings.HasPrefix(dsn, "file:"):
		path = strings.TrimPrefix(dsn, "file:")
		if path == "" || path == ":memory:" {
			return "", "", errors.New("database: file: needs the path of a file")
		}
		if strings.ContainsAny(path, "?#") {
			return "", "", errors.New("database: file: takes a path only, without parameters: this program sets them")
		}
		return SQLite, path, nil
	}
	// The text is not repeated: it may hold a password.
	return "", "", errors.New("database: want file:PATH for SQLite, or postgres://USER@HOST/NAME")
}

// forUpdate locks the selected rows of a table until the transaction ends. In
// SQLite there is nothing to add: the transaction holds the only write lock.
func (e Engine) forUpdate(table string) string {
	if e == PostgreSQL {
		return " FOR UPDATE OF " + table
	}
	return ""
}

// genericPlans is an expression that has PostgreSQL plan each statement once a
// connection, and not for each call, until the transaction ends. All that follows
// finds rows by their keys, so that there is one plan; but of River's statement
// that completes a job the server does not believe it, and spends a third of its
// work on a target on planning. It is no statement of its own, which would be one
// more journey, and no setting of the connection, which poolers refuse and lists
// with a LIMIT would suffer from.
func (e Engine) genericPlans() string {
	if e == PostgreSQL {
		return `set_config('plan_cache_mode', 'force_generic_plan', true)`
	}
	return `''`
}

// txOptions are those of writing transactions. Each statement must see what was
// committed while it waited for a lock, whatever the server's default.
func (e Engine) txOptions() *sql.TxOptions {
	if e == PostgreSQL {
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return nil
}

// snapshotOptions are those of transactions whose reads must agree with each
// other. A read transaction of SQLite always is a snapshot.
func (e Engine) snapshotOptions() *sql.TxOptions {
	if e == PostgreSQL {
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return &sql.TxOptions{ReadOnly: true}
}

// forShare keeps the selected rows from changing until the transaction ends.
func (e Engine) forShare() string {
	if e == PostgreSQL {
		return " FOR SHARE"
	}
	return ""
}

// tableExists is a query for whether there is a table $1.
func (e Engine) tableExists() string {
	if e == PostgreSQL {
		return `SELECT to_regclass($1) IS NOT NULL`
	}
	return `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)`
}

func (e Engine) goose() goose.Dialect {
	if e == PostgreSQL {
		return goose.DialectPostgres
	}
	return goose.DialectSQLite3
}

// tuples returns placeholders for rows of values: "($1,$2),($3,$4)".
func tuples(rows, width int) string {
	var b strings.Builder
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%width == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	return b.String()
}
