package sqlstore

import (
	"context"
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"
)

// maxStatements limits the prepared statements that a connection caches. This package
// and River together use fewer.
const maxStatements = 256

// statementCache opens SQLite connections that cache prepared statements, as pgx does for
// PostgreSQL. Without it SQLite parses every statement on every call. River's statements
// are long, so that would be half the work per target.
type statementCache struct{ driver.Connector }

func newStatementCache(dsn string) (driver.Connector, error) {
	base, err := sqlite.NewConnector(dsn)
	return statementCache{base}, err
}

// Connect implements [driver.Connector].
func (c statementCache) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &cachingConn{sqliteConn: conn.(sqliteConn), idle: map[string]sqliteStmt{}}, nil
}

// sqliteConn lists the interfaces that every connection of modernc.org/sqlite implements,
// and that a wrapper must implement too; see [sqlite.NewConnector].
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// cachingConn is used by one goroutine at a time, like every [driver.Conn].
type cachingConn struct {
	sqliteConn
	idle map[string]sqliteStmt // by text, without those in use
}

// Unwrap returns the driver's own connection. The driver looks for this method; see
// [sqlite.NewConnector].
func (c *cachingConn) Unwrap() driver.Conn { return c.sqliteConn }

// Close implements [driver.Conn].
func (c *cachingConn) Close() error {
	for _, stmt := range c.idle {
		_ = stmt.Close() // SQLite repeats the last call's error here
	}
	clear(c.idle)
	return c.sqliteConn.Close()
}

// ExecContext implements [driver.ExecerContext].
func (c *cachingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !cacheable(query) {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := stmt.ExecContext(ctx, args)
	c.giveBack(query, stmt, err)
	return result, err
}

// QueryContext implements [driver.QueryerContext].
func (c *cachingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !cacheable(query) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args)
	if err != nil {
		c.giveBack(query, stmt, err)
		return nil, err
	}
	return &cachedRows{Rows: rows, conn: c, query: query, stmt: stmt}, nil
}

// cacheable reports whether a statement reads or writes rows. Others are rare, and some
// pragmas take effect when they are prepared, so they must be prepared every time.
func cacheable(query string) bool { return verbOf(query) != "" }

// verbOf returns the verb of a statement that reads or writes rows, in capitals.
func verbOf(query string) string {
	text := query
	for strings.HasPrefix(text, "--") { // River's statements begin with their name
		_, text, _ = strings.Cut(text, "\n")
	}
	text = strings.TrimSpace(text)
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} {
		if len(text) > len(verb) && strings.EqualFold(text[:len(verb)], verb) {
			return verb
		}
	}
	return ""
}

// take returns a statement that is not in use. Two results of the same text can be open
// at once, and each needs its own statement.
func (c *cachingConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	if stmt, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return stmt, nil
	}
	stmt, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.(sqliteStmt), nil
}

// giveBack returns a statement to the cache. It closes one that has failed, or whose text
// is in the cache already.
func (c *cachingConn) giveBack(query string, stmt sqliteStmt, err error) {
	if _, taken := c.idle[query]; taken || err != nil {
		_ = stmt.Close() // the failure was reported already
		return
	}
	if len(c.idle) >= maxStatements {
		for other, stmt := range c.idle { // any
			_ = stmt.Close()
			delete(c.idle, other)
			break
		}
	}
	c.idle[query] = stmt
}

// cachedRows gives its statement back when it is closed. database/sql always closes rows
// before it uses the connection for something else.
type cachedRows struct {
	driver.Rows
	conn  *cachingConn
	query string
	stmt  sqliteStmt // nil once given back
}

// Close implements [driver.Rows].
func (r *cachedRows) Close() error {
	err := r.Rows.Close()
	if r.stmt != nil {
		r.conn.giveBack(r.query, r.stmt, err)
		r.stmt = nil
	}
	return err
}
