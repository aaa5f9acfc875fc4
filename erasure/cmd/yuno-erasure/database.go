package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// databaseFlags are the flags of every subcommand that opens the database.
type databaseFlags struct {
	Database string `help:"file:PATH for SQLite, or postgres://USER@HOST/NAME; its password is safest in PGPASSWORD or ~/.pgpass." default:"file:yuno-erasure.db" env:"YUNO_ERASURE_DATABASE"`
}

// Validate is called by the parser.
func (f databaseFlags) Validate() error { return sqlstore.CheckDSN(f.Database) }

// file is the path of the embedded database, which this program creates and
// brings up to date by itself; empty for PostgreSQL.
func (f databaseFlags) file() string {
	if path, ok := strings.CutPrefix(f.Database, "file:"); ok {
		return path
	}
	return ""
}

// keyPath is where the embedded database's master key is, unless the environment
// names another place: beside the database.
func (f databaseFlags) keyPath() string {
	if f.file() == "" {
		return ""
	}
	return absolute(f.file()) + ".key"
}

// lock takes the embedded database for this process: what brings it up to date or
// works on its jobs must be alone. It is refused while another process has it;
// the system releases it with the process, however that ends. Everything else
// (accounts, imports, lists) works beside whoever holds the lock.
//
// The lock is on a file of its own. SQLite's locks are lost when any part of the
// process closes the database file, and the key file is replaced by a rotation.
func (f databaseFlags) lock() (unlock func(), err error) {
	if f.file() == "" {
		return func() {}, nil // PostgreSQL takes any number of processes
	}
	if _, err := f.exists(); err != nil {
		return nil, err
	}
	path := absolute(f.file())
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // two names of one file
	}
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("locking the database: %w", err)
	case !locked:
		return nil, fmt.Errorf("another serve or migrate has %s open: one process at a time works on an SQLite file (PostgreSQL takes any number)", absolute(f.file()))
	}
	return func() { _ = lock.Unlock() }, nil
}

// exists reports whether there is a database, as far as that can be told without
// opening it. It fails where there cannot be one.
func (f databaseFlags) exists() (bool, error) {
	if f.file() == "" {
		return true, nil
	}
	info, err := os.Stat(f.file())
	switch {
	case err == nil && info.IsDir():
		return false, &usageError{absolute(f.file()) + " is a folder", "--database file:" + filepath.Join(f.file(), "yuno-erasure.db")}
	case err == nil:
		return true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("database: %w", err)
	}
	folder := absolute(filepath.Dir(f.file()))
	if _, err := os.Stat(folder); err != nil {
		return false, &usageError{"no folder " + folder + " for the database", "create it, or mend --database"}
	}
	return false, nil
}

// open opens a database that is there, as it is.
func (f databaseFlags) open(ctx context.Context, stderr errorWriter) (*sqlstore.Store, error) {
	if err := f.wantExisting(); err != nil {
		return nil, err
	}
	return f.openStore(ctx, stderr, false)
}

// openOrCreate creates the embedded database if there is none.
func (f databaseFlags) openOrCreate(ctx context.Context, stderr errorWriter) (*sqlstore.Store, error) {
	exists, err := f.exists()
	if err != nil {
		return nil, err
	}
	return f.openStore(ctx, stderr, !exists)
}

// openCurrent creates the embedded database if there is none, and brings its
// schema up to date otherwise. The caller holds its lock.
func (f databaseFlags) openCurrent(ctx context.Context, stderr errorWriter) (*sqlstore.Store, error) {
	return f.openStore(ctx, stderr, f.file() != "")
}

// wantExisting is for subcommands that have nothing to do in a new database: in
// the wrong folder they must not make one.
func (f databaseFlags) wantExisting() error {
	exists, err := f.exists()
	if err == nil && !exists {
		err = &exitError{exitUsage, "no database at " + absolute(f.file()) + "; yuno-erasure serve, migrate or accounts create creates one"}
	}
	return err
}

// openStore says on stderr where a new master key was put.
func (f databaseFlags) openStore(ctx context.Context, stderr errorWriter, migrate bool) (*sqlstore.Store, error) {
	if err := f.checkKeyIsThere(); err != nil {
		return nil, err
	}
	ring, created, err := seal.Load(os.Getenv, f.keyPath())
	if err != nil {
		return nil, err
	}
	if created {
		fmt.Fprintf(stderr, "yuno-erasure: created the master key %s: keep a copy apart from the database's; without it nothing in the database can be read\n", f.keyPath())
	}
	store, err := sqlstore.Open(ctx, f.Database, ring, sqlstore.Options{Migrate: migrate})
	return store, f.where(err)
}

// checkKeyIsThere refuses a database whose key file is gone: a new key would be
// created for it, and would open nothing.
func (f databaseFlags) checkKeyIsThere() error {
	if f.file() == "" || os.Getenv(seal.EnvKey) != "" || os.Getenv(seal.EnvKeyFile) != "" {
		return nil
	}
	if _, err := os.Stat(f.file()); err != nil {
		return nil // a new database
	}
	if _, err := os.Stat(f.keyPath()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there, and its master key %s is not: restore that from its copy", absolute(f.file()), f.keyPath())
	}
	return nil
}

// where adds to an error which database it is about, where it does not say so.
func (f databaseFlags) where(err error) error {
	if err != nil && f.file() != "" {
		return fmt.Errorf("%s: %w", absolute(f.file()), err)
	}
	return onOneLine(err)
}

// onOneLine is an error of connecting to PostgreSQL with each thing said once. The
// driver gives a line to every way it tried, which is often the same twice.
func onOneLine(err error) error {
	var failed *pgconn.ConnectError
	if !errors.As(err, &failed) {
		return err
	}
	what, tried, _ := strings.Cut(err.Error(), "\n")
	var said []string
	for line := range strings.Lines(tried) {
		line = strings.TrimSpace(line)
		if !slices.ContainsFunc(said, func(earlier string) bool { return strings.Contains(earlier, line) }) {
			said = append(said, line)
		}
	}
	return &connectError{strings.TrimSpace(what + " " + strings.Join(said, "; ")), err}
}

type connectError struct {
	text  string
	cause error
}

func (e *connectError) Error() string { return e.text }
func (e *connectError) Unwrap() error { return e.cause }

// absolute is a path that says in which folder it is.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
