package sqlstore

import (
	"context"
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"
)

// maxStatements bounds the prepared statements that a connection keeps. This
// package and River together have fewer texts than this.
const maxStatements = 256

// statementCache makes SQLite connections that keep their prepared statements, as
// pgx does for PostgreSQL: database/sql alone has each statement parsed on each
// call, and on SQLite, where River's statements are long, that is half the work of
// a target.
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

// sqliteConn is what every connection of modernc.org/sqlite implements, and what
// a wrapper has to pass on; see [sqlite.NewConnector].
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

// cachingConn is used by one goroutine at a time, as every [driver.Conn].
type cachingConn struct {
	sqliteConn
	idle map[string]sqliteStmt // not those in use: two results of one text never share one
}

// Unwrap returns the driver's own connection. The driver looks for this method; see
// [sqlite.NewConnector].
func (c *cachingConn) Unwrap() driver.Conn { return c.sqliteConn }

// Close implements [driver.Conn].
func (c *cachingConn) Close() error {
	for _, stmt := range c.idle {
		_ = stmt.Close() // SQLite reports the last call's error anew
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

// cacheable: the rest runs seldom, and some pragmas take effect when they are
// prepared, which must be each time.
func cacheable(query string) bool {
	text := query
	for strings.HasPrefix(text, "--") { // River's statements begin with their name
		_, text, _ = strings.Cut(text, "\n")
	}
	text = strings.TrimSpace(text)
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} {
		if len(text) > len(verb) && strings.EqualFold(text[:len(verb)], verb) {
			return true
		}
	}
	return false
}

// take returns a statement that nobody else uses: two results of one text may be
// read at the same time.
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

// giveBack keeps a statement that did its work. One that failed is not trusted.
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

// cachedRows gives its statement back when it is closed, as database/sql always
// does before the connection is used for something else.
type cachedRows struct {
	driver.Rows
	conn  *cachingConn
	query string
	stmt  sqliteStmt // nil when given back
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
