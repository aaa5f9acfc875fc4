// Package database is the --database flag of the subcommands that use the service's
// database: it checks the flag, finds the master key, and locks, creates and opens
// the database.
package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// Flags are the flags of every subcommand that opens the database. Embed them.
type Flags struct {
	Database string `help:"file:PATH for SQLite, or postgres://USER@HOST/NAME; its password is safest in PGPASSWORD or ~/.pgpass." default:"file:yuno-erasure.db" env:"YUNO_ERASURE_DATABASE"`
}

// Validate is called by the parser.
func (f Flags) Validate() error { return sqlstore.CheckDSN(f.Database) }

// File is the path of the embedded database, which this program creates and
// brings up to date by itself; empty for PostgreSQL.
func (f Flags) File() string {
	if path, ok := strings.CutPrefix(f.Database, "file:"); ok {
		return path
	}
	return ""
}

// KeyPath is where the embedded database's master key is, unless the environment
// names another place: beside the database.
func (f Flags) KeyPath() string {
	if f.File() == "" {
		return ""
	}
	return Absolute(f.File()) + ".key"
}

// Lock takes the embedded database for this process: what brings it up to date or
// works on its jobs must be alone. It is refused while another process has it;
// the system releases it with the process, however that ends. Everything else
// (accounts, imports, lists) works beside whoever holds the lock.
//
// The lock is on a file of its own. SQLite's locks are lost when any part of the
// process closes the database file, and the key file is replaced by a rotation.
func (f Flags) Lock() (unlock func(), err error) {
	if f.File() == "" {
		return func() {}, nil // PostgreSQL takes any number of processes
	}
	if _, err := f.exists(); err != nil {
		return nil, err
	}
	path := Absolute(f.File())
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // two names of one file
	}
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("locking the database: %w", err)
	case !locked:
		return nil, fmt.Errorf("another serve or migrate has %s open: one process at a time works on an SQLite file (PostgreSQL takes any number)", Absolute(f.File()))
	}
	return func() { _ = lock.Unlock() }, nil
}

// exists reports whether there is a database, as far as that can be told without
// opening it. It fails where there cannot be one.
func (f Flags) exists() (bool, error) {
	if f.File() == "" {
		return true, nil
	}
	info, err := os.Stat(f.File())
	switch {
	case err == nil && info.IsDir():
		return false, command.NewUsageError(Absolute(f.File())+" is a folder", "--database file:"+filepath.Join(f.File(), "yuno-erasure.db"))
	case err == nil:
		return true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("database: %w", err)
	}
	folder := Absolute(filepath.Dir(f.File()))
	if _, err := os.Stat(folder); err != nil {
		return false, command.NewUsageError("no folder "+folder+" for the database", "create it, or mend --database")
	}
	return false, nil
}

// Open opens a database that is there, as it is.
func (f Flags) Open(ctx context.Context, stderr command.Stderr) (*sqlstore.Store, error) {
	if err := f.MustExist(); err != nil {
		return nil, err
	}
	return f.openStore(ctx, stderr, false)
}

// OpenOrCreate creates the embedded database if there is none.
func (f Flags) OpenOrCreate(ctx context.Context, stderr command.Stderr) (*sqlstore.Store, error) {
	exists, err := f.exists()
	if err != nil {
		return nil, err
	}
	return f.openStore(ctx, stderr, !exists)
}

// OpenCurrent creates the embedded database if there is none, and brings its
// schema up to date otherwise. The caller holds its lock.
func (f Flags) OpenCurrent(ctx context.Context, stderr command.Stderr) (*sqlstore.Store, error) {
	return f.openStore(ctx, stderr, f.File() != "")
}

// MustExist is for subcommands that have nothing to do in a new database: in
// the wrong folder they must not make one.
func (f Flags) MustExist() error {
	exists, err := f.exists()
	if err == nil && !exists {
		err = command.NewExitError(command.ExitUsage, "no database at "+Absolute(f.File())+"; yuno-erasure serve, migrate or accounts create creates one")
	}
	return err
}

// openStore says on stderr where a new master key was put.
func (f Flags) openStore(ctx context.Context, stderr command.Stderr, migrate bool) (*sqlstore.Store, error) {
	if err := f.checkKeyIsThere(); err != nil {
		return nil, err
	}
	ring, created, err := seal.Load(os.Getenv, f.KeyPath())
	if err != nil {
		return nil, err
	}
	if created {
		fmt.Fprintf(stderr, "yuno-erasure: created the master key %s: keep a copy apart from the database's; without it nothing in the database can be read\n", f.KeyPath())
	}
	store, err := sqlstore.Open(ctx, f.Database, ring, sqlstore.Options{Migrate: migrate})
	return store, f.Describe(err)
}

// checkKeyIsThere refuses a database whose key file is gone: a new key would be
// created for it, and would open nothing.
func (f Flags) checkKeyIsThere() error {
	if f.File() == "" || os.Getenv(seal.EnvKey) != "" || os.Getenv(seal.EnvKeyFile) != "" {
		return nil
	}
	if _, err := os.Stat(f.File()); err != nil {
		return nil // a new database
	}
	if _, err := os.Stat(f.KeyPath()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there, and its master key %s is not: restore that from its copy", Absolute(f.File()), f.KeyPath())
	}
	return nil
}

// Describe adds to an error which database it is about, where it does not say so.
func (f Flags) Describe(err error) error {
	if err != nil && f.File() != "" {
		return fmt.Errorf("%s: %w", Absolute(f.File()), err)
	}
	return onOneLine(err)
}

// Absolute is a path that says in which folder it is.
func Absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// Migrate creates the database's tables or brings them up to date. The caller holds
// the lock.
func (f Flags) Migrate(ctx context.Context, stderr command.Stderr) error {
	if f.File() == "" {
		return onOneLine(sqlstore.Migrate(ctx, f.Database)) // needs no master key
	}
	store, err := f.OpenCurrent(ctx, stderr)
	if err != nil {
		return err
	}
	return store.Close()
}
