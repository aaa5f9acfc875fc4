package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// sessions discards the sessions of a pool to PostgreSQL that a fail-over has made
// useless. The first error that shows it makes every session useless that was begun
// before, so that no two requests fail for the same reason.
type sessions struct{ generation atomic.Int64 }

// The codes of errors after which a session is not used again.
const (
	codeReadOnly      = "25006" // the server is a standby now, or was made read-only
	codeAdminShutdown = "57P01" // an administrator or a fail-over cut the session
	codeCrashShutdown = "57P02"
	codeCannotConnect = "57P03" // the server starts or stops
)

// connector returns a connector whose sessions are watched.
func (s *sessions) connector(cfg *pgx.ConnConfig) driver.Connector {
	closesOn := cfg.OnPgError
	cfg.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		switch err.Code {
		case codeReadOnly, codeAdminShutdown, codeCrashShutdown:
			s.discard()
			return false // closes this one
		}
		return closesOn(conn, err)
	}
	return sessionConnector{stdlib.GetConnector(*cfg), s}
}

// discard makes every session that has begun be closed before it is used again.
func (s *sessions) discard() { s.generation.Add(1) }

// explainHeartbeat is explain for what is said at a regular interval, with a time limit. A
// session that does not respond within it may be to a server that is gone without a word,
// and so may all others.
func (s *Store) explainHeartbeat(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		s.sessions.discard()
	}
	return explain(err)
}

// isCut reports whether an error says that the session, and not the statement, failed.
// What the session had not committed has not happened. Whether a commit has is unknown.
func isCut(err error) bool {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		switch failure.Code {
		case codeReadOnly, codeAdminShutdown, codeCrashShutdown, codeCannotConnect:
			return true
		}
		return strings.HasPrefix(failure.Code, "08") // connection exceptions
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, new(*net.OpError)) || pgconn.SafeToRetry(err)
}

type sessionConnector struct {
	driver.Connector
	sessions *sessions
}

// Connect implements [driver.Connector].
func (c sessionConnector) Connect(ctx context.Context) (driver.Conn, error) {
	generation := c.sessions.generation.Load() // before it begins: it may be discarded meanwhile
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &sessionConn{pgxConn: conn.(pgxConn), sessions: c.sessions, generation: generation}, nil
}

// pgxConn lists the interfaces of pgx's connections that database/sql uses.
type pgxConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
}

// sessionConn has database/sql repeat, on another session, what failed because the
// session was cut and has certainly had no effect: the beginning of a transaction, and a
// SELECT outside of one. pgx itself finds cut sessions only among those that were idle for
// a second.
type sessionConn struct {
	pgxConn
	sessions   *sessions
	generation int64
	inTx       bool // from BeginTx until the session returns to the pool
}

// BeginTx implements [driver.ConnBeginTx].
func (c *sessionConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.pgxConn.BeginTx(ctx, opts)
	if err != nil && ctx.Err() == nil && isCut(err) {
		return nil, driver.ErrBadConn
	}
	c.inTx = true
	return tx, err
}

// QueryContext implements [driver.QueryerContext].
func (c *sessionConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.pgxConn.QueryContext(ctx, query, args)
	if err != nil && !c.inTx && ctx.Err() == nil && isCut(err) && verbOf(query) == "SELECT" {
		return nil, driver.ErrBadConn
	}
	return rows, err
}

// ResetSession implements [driver.SessionResetter].
func (c *sessionConn) ResetSession(ctx context.Context) error {
	if c.generation != c.sessions.generation.Load() {
		return driver.ErrBadConn // before pgx asks the server, which may not respond
	}
	c.inTx = false
	return c.pgxConn.ResetSession(ctx)
}
