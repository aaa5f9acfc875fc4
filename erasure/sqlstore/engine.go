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

// parseDSN returns the engine of an address and, for SQLite, the path of the file.
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
			return "", "", errors.New("database: file: accepts a path only, without parameters: this program sets them")
		}
		return SQLite, path, nil
	}
	// The error does not quote the address, which may contain a password.
	return "", "", errors.New("database: want file:PATH for SQLite, or postgres://USER@HOST/NAME")
}

// forUpdate returns the clause that locks the selected rows of a table until the
// transaction ends. SQLite needs none, because the transaction has the only write
// lock.
func (e Engine) forUpdate(table string) string {
	if e == PostgreSQL {
		return " FOR UPDATE OF " + table
	}
	return ""
}

// skipLocked returns the clause that locks the selected rows, except those that another
// transaction has locked.
func (e Engine) skipLocked() string {
	if e == PostgreSQL {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// genericPlans returns an expression that makes PostgreSQL plan each statement once per
// connection, instead of once per call, until the transaction ends. The statements that
// follow find rows by key, so one plan fits. Without the expression, the server plans
// River's job-completion statement on every call, which is a third of its work per
// target.
//
// It is part of a SELECT because a statement of its own would cost a round trip. It
// lasts for the transaction because connection poolers reject session settings, and
// because lists with a LIMIT need plans of their own.
func (e Engine) genericPlans() string {
	if e == PostgreSQL {
		return `set_config('plan_cache_mode', 'force_generic_plan', true)`
	}
	return `''`
}

// txOptions returns the options of writing transactions. Each statement must see what
// was committed while it waited for a lock. On PostgreSQL that is READ COMMITTED, which
// may not be the server's default.
func (e Engine) txOptions() *sql.TxOptions {
	if e == PostgreSQL {
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return nil
}

// snapshotOptions returns the options of transactions whose reads must be consistent
// with each other. In SQLite every read transaction is a snapshot.
func (e Engine) snapshotOptions() *sql.TxOptions {
	if e == PostgreSQL {
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return &sql.TxOptions{ReadOnly: true}
}

// markLock is the arbitrary number of PostgreSQL's advisory lock on the mark of the newest
// master key. A lock on its row would write to it in every transaction that seals.
const markLock = "2037741163"

// shareMark returns an expression that prevents a change of the newest master key until
// the transaction ends, and waits for one that is under way. The mark has to be read by a
// later statement, because a statement may see the time before it waited. SQLite needs
// none, because the transaction has the only write lock.
func (e Engine) shareMark() string {
	if e == PostgreSQL {
		return `coalesce(pg_advisory_xact_lock_shared(` + markLock + `)::text, '')`
	}
	return `''`
}

// lockMark returns an expression that waits for all transactions that share the mark, and
// keeps others from it until the transaction ends. It is for PostgreSQL only.
func (e Engine) lockMark() string { return `pg_advisory_xact_lock(` + markLock + `)` }

// microseconds returns an expression for the present time of the database's clock.
func (e Engine) microseconds() string {
	if e == PostgreSQL {
		return `CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)`
	}
	return `CAST(unixepoch('subsec') * 1000000 AS INTEGER)`
}

// tableExists returns a query that reports whether table $1 exists.
func (e Engine) tableExists() string {
	if e == PostgreSQL {
		return `SELECT to_regclass($1) IS NOT NULL`
	}
	return `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)`
}

// goose returns the engine's dialect for migrations.
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
