package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// Options adjust [Open]. The zero value is ready to use.
type Options struct {
	// Migrate updates the schema first, and for SQLite creates a missing file. Set it
	// for an embedded database that only this program uses. Defaults to false: a
	// schema of another version is an error.
	Migrate bool

	// MaxConns limits the connections to PostgreSQL, or the reading connections to
	// SQLite. At least 2. Defaults to 16.
	MaxConns int

	// ListenDSN is the address for [Store.ListenDSN], if the database's own goes through a
	// pooler that cannot listen. Defaults to the database's own. SQLite does not use it.
	ListenDSN string

	// Logger receives a warning if erased data cannot be removed from SQLite's files, once
	// for each reason in a row. Defaults to no log. PostgreSQL does not use it.
	Logger *slog.Logger
}

const defaultMaxConns = 16

// Store stores accounts, customers and erasures in SQLite or PostgreSQL; see the
// package comment. It is safe for concurrent use by any number of goroutines and, on
// PostgreSQL, processes.
//
// Every method makes all of its changes or none, and they are durable when it
// returns nil; [Store.Rewrap] does so batch by batch. If its context ends before a
// change has begun, the change does not happen and the context's error is returned.
//
// Personal data and provider references are ciphertext at rest; package seal
// describes the keys. No error contains either.
type Store struct {
	engine         Engine
	dsn            string
	listenDSN      string   // PostgreSQL only
	sessions       sessions // PostgreSQL only
	writer, reader *sql.DB  // the same on PostgreSQL
	ring           *seal.Ring
	groups         *groups  // SQLite only
	cleaner        *cleaner // SQLite only
	totals         totals
	closed         sync.Once
	closeErr       error
}

var (
	_ erasure.Store         = (*Store)(nil)
	_ erasure.AccountFinder = (*Store)(nil)
)

// Open opens the database at file:PATH (SQLite) or postgres://… (PostgreSQL 14 or
// later; every URL that pgx accepts). The ring must contain the master key that the
// database is sealed under; a new database is sealed under the current one.
//
// Open rejects a schema that is older or newer than this program's ([ErrSchema]),
// the key of another database, and a file that is damaged, empty or not writable.
// The error says what to do.
func Open(ctx context.Context, dsn string, ring *seal.Ring, opts Options) (_ *Store, err error) {
	if ring == nil || len(ring.IDs()) == 0 {
		return nil, errors.New("open database: no key ring: see seal.Load")
	}
	switch {
	case opts.MaxConns == 0:
		opts.MaxConns = defaultMaxConns
	case opts.MaxConns < 2: // migrating needs two: one of them has the lock
		return nil, fmt.Errorf("MaxConns is %d: want at least 2, or 0 for the default", opts.MaxConns)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
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
		s.cleaner, err = startCleaner(ctx, s.dsn, opts.Logger)
	}
	return s, err
}

// connect opens the connection pools. It does not check the schema or the keys.
func connect(ctx context.Context, dsn string, opts Options) (*Store, error) {
	engine, path, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{engine: engine, dsn: dsn}
	if engine == PostgreSQL {
		if opts.ListenDSN != "" {
			if err := CheckDSN(opts.ListenDSN); err != nil {
				return nil, fmt.Errorf("to listen: %w", err)
			}
		}
		s.listenDSN = cmp.Or(opts.ListenDSN, dsn)
		s.writer, err = openPostgreSQL(ctx, dsn, opts.MaxConns, &s.sessions)
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

// DB returns the writing pool, for a queue in the same database. On SQLite the pool
// has one connection: while a transaction is open, its goroutine must not use the
// pool for anything else.
func (s *Store) DB() *sql.DB { return s.writer }

// ListenDSN returns the address for one more connection to PostgreSQL, on which a
// queue listens for notifications; empty for SQLite. It may contain a password.
func (s *Store) ListenDSN() string {
	if s.engine == PostgreSQL {
		return s.listenDSN
	}
	return ""
}

// Check returns an error unless the database responds, can be written to, has this
// program's schema and has data under no master key that the ring lacks. A server that
// missed a key rotation therefore leaves the load balancer.
func (s *Store) Check(ctx context.Context) error {
	err := checkSchema(ctx, s.engine, s.reader)
	if err == nil {
		err = s.checkRing(ctx)
	}
	if err == nil {
		err = s.checkWritable(ctx)
	}
	return explain(err)
}

// Close waits for running transactions and closes the database. Further calls return
// the result of the first.
func (s *Store) Close() error {
	s.closed.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	var errs []error
	if s.cleaner != nil {
		errs = append(errs, s.cleaner.stop())
	}
	if s.reader != nil && s.reader != s.writer {
		errs = append(errs, s.reader.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return explain(errors.Join(errs...))
}

// requestClean wakes the cleaner, which removes erased data from SQLite's files.
func (s *Store) requestClean() {
	if s.cleaner != nil {
		s.cleaner.request()
	}
}
