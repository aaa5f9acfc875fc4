package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// Options adjust [Open]. The zero value is ready to use.
type Options struct {
	// Migrate brings the schema up to date first, and for SQLite creates the file.
	// Right for an embedded database that belongs to this program alone. Defaults to
	// false: a schema that is not this program's is refused.
	Migrate bool

	// MaxConns bounds the connections to PostgreSQL, and to SQLite the reading
	// ones. At least 2. Defaults to 16.
	MaxConns int
}

// Store is an [erasure.Store] in SQLite or PostgreSQL. See the package comment.
type Store struct {
	engine         Engine
	dsn            string
	writer, reader *sql.DB // the same on PostgreSQL
	ring           *seal.Ring
	groups         *groups    // SQLite only
	truncator      *truncator // SQLite only
	closed         sync.Once
	closeErr       error
}

var _ erasure.Store = (*Store)(nil)

// Open opens the database at file:PATH (SQLite) or postgres://… (PostgreSQL 14 or
// later; every form that pgx takes as a URL). The ring must hold the master key
// that the database was sealed with; a new database takes the current one.
//
// It refuses, with an error that says what to do: a schema older or newer than
// this program's ([ErrSchema]), another database's key, a file that is damaged,
// empty or cannot be written.
func Open(ctx context.Context, dsn string, ring *seal.Ring, opts Options) (_ *Store, err error) {
	if ring == nil {
		return nil, errors.New("open database: no key ring: see seal.Load")
	}
	switch {
	case opts.MaxConns == 0:
		opts.MaxConns = 16
	case opts.MaxConns < 2: // migrating takes two: one holds the lock
		return nil, fmt.Errorf("MaxConns is %d: want at least 2, or 0 for the default", opts.MaxConns)
	}
	s, err := connect(ctx, dsn, opts)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", explain(err))
	}
	s.ring = ring
	defer func() {
		if err != nil {
			err = fmt.Errorf("open database: %w", explain(err))
			_ = s.Close()
		}
	}()
	if opts.Migrate {
		if err := migrate(ctx, s.engine, s.writer); err != nil {
			return nil, err
		}
	} else if err := checkSchema(ctx, s.engine, s.reader); err != nil {
		return nil, err
	}
	if err := s.adoptRing(ctx); err != nil {
		return nil, err
	}
	if s.engine == SQLite {
		s.truncator, err = startTruncator(ctx, s.dsn)
	}
	return s, err
}

// connect opens the pools without looking at what is in the database.
func connect(ctx context.Context, dsn string, opts Options) (*Store, error) {
	engine, path, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{engine: engine, dsn: dsn}
	if engine == PostgreSQL {
		s.writer, err = openPostgreSQL(ctx, dsn, opts.MaxConns)
		s.reader = s.writer
		return s, err
	}
	s.dsn = path
	if err := checkFile(ctx, path, opts.Migrate); err != nil {
		return nil, err
	}
	if s.writer, s.reader, err = openSQLite(ctx, path, opts.MaxConns); err != nil {
		return nil, err
	}
	s.groups = newGroups(s.writer)
	return s, nil
}

// Engine returns the kind of database.
func (s *Store) Engine() Engine { return s.engine }

// DB returns the pool that writes, for a queue that lives in the same database.
// On SQLite it has one connection: whoever holds a transaction must not ask for
// another before it ends.
func (s *Store) DB() *sql.DB { return s.writer }

// ListenDSN returns the address for one more connection, on which a queue listens
// for PostgreSQL's notifications; empty for SQLite. It may hold a password.
func (s *Store) ListenDSN() string {
	if s.engine == PostgreSQL {
		return s.dsn
	}
	return ""
}

// Check implements [erasure.Store]. It also reports a key ring that is out of
// date, so that a server that missed a rotation leaves the load balancer before
// it writes what nobody else can read.
func (s *Store) Check(ctx context.Context) error {
	err := checkSchema(ctx, s.engine, s.reader)
	if err == nil {
		err = s.checkRing(ctx, s.reader, "")
	}
	return explain(err)
}

// Close implements [erasure.Store]. Closing again returns what the first time did.
func (s *Store) Close() error {
	s.closed.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	var errs []error
	if s.truncator != nil {
		errs = append(errs, s.truncator.stop())
	}
	if s.reader != nil && s.reader != s.writer {
		errs = append(errs, s.reader.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return explain(errors.Join(errs...))
}

// erased tells the truncator that there is something to get rid of.
func (s *Store) erased() {
	if s.truncator != nil {
		s.truncator.ask()
	}
}
