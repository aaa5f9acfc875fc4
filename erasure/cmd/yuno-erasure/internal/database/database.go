// Package database is the --database flag of the subcommands that use the service's
// database: it checks the flag, finds the master key, and locks, creates and opens
// the database.
package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// Flags are the flags of every subcommand that opens the database. Embed them.
type Flags struct {
	Database string `help:"file:PATH for SQLite, or postgres://USER@HOST/NAME?sslmode=verify-full (over a network, sslmode is needed); the safest place for its password is PGPASSWORD or ~/.pgpass." default:"file:yuno-erasure.db" env:"YUNO_ERASURE_DATABASE"`

	// ListenDSN is sqlstore.Options.ListenDSN.
	ListenDSN string `kong:"-"`
	// Logger is sqlstore.Options.Logger.
	Logger *slog.Logger `kong:"-"`
}

// Validate is called by the parser.
func (f Flags) Validate() error {
	if err := sqlstore.CheckDSN(f.Database); err != nil {
		return fmt.Errorf("--%w", err)
	}
	return nil
}

// File returns the path of the SQLite database, which this program creates and brings
// up to date by itself. It is "" for PostgreSQL.
func (f Flags) File() string {
	if path, ok := strings.CutPrefix(f.Database, "file:"); ok {
		return path
	}
	return ""
}

// KeyPath returns the path of the SQLite database's master key file, unless the
// environment names another: it is beside the database. It is "" for PostgreSQL.
func (f Flags) KeyPath() string {
	if f.File() == "" {
		return ""
	}
	return Absolute(f.File()) + ".key"
}

// Lock locks the SQLite database for this process. Subcommands that bring the schema up
// to date or work on jobs need the lock; all others (accounts, imports, lists) work
// beside the process that has it. Lock fails while another process has the lock. The
// operating system releases it when the process ends, in whatever way. For PostgreSQL,
// Lock does nothing.
//
// The lock is on a file of its own. SQLite's locks are lost when any part of the
// process closes the database file, and the key file is replaced by a rotation.
func (f Flags) Lock() (unlock func(), err error) {
	if f.File() == "" {
		return func() {}, nil // any number of processes
	}
	if _, err := f.exists(); err != nil {
		return nil, err
	}
	path := Absolute(f.File())
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the file may have two names
	}
	release, err := ownfile.Lock(path + ".lock")
	switch {
	case errors.Is(err, ownfile.ErrLocked):
		return nil, fmt.Errorf("another serve or migrate has %s open: only one process can work on an SQLite file (on PostgreSQL any number can)",
			Absolute(f.File()))
	case err != nil:
		return nil, fmt.Errorf("the database needs a lock file beside it: %w", err)
	}
	return func() { _ = release() }, nil
}

// exists reports whether the database exists, as far as can be said without opening it.
// It fails if the database can neither exist nor be created at this path.
func (f Flags) exists() (bool, error) {
	if f.File() == "" {
		return true, nil
	}
	info, err := os.Stat(f.File())
	switch {
	case err == nil && info.IsDir():
		return false, command.NewUsageError(Absolute(f.File())+" is a folder",
			"--database file:"+filepath.Join(f.File(), "yuno-erasure.db"))
	case err == nil:
		return true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("database: %w", err)
	}
	folder := Absolute(filepath.Dir(f.File()))
	if _, err := os.Stat(folder); err != nil {
		return false, command.NewUsageError("the folder "+folder+" of the database does not exist",
			"create it, or fix --database")
	}
	return false, nil
}

// Open opens an existing database. It does not change the schema.
func (f Flags) Open(ctx context.Context, stderr command.Stderr) (*sqlstore.Store, error) {
	if err := f.MustExist(); err != nil {
		return nil, err
	}
	return f.openStore(ctx, stderr, false)
}

// OpenOrCreate opens the database, and creates an SQLite database first if it does not
// exist.
func (f Flags) OpenOrCreate(ctx context.Context, stderr command.Stderr) (*sqlstore.Store, error) {
	exists, err := f.exists()
	if err != nil {
		return nil, err
	}
	return f.openStore(ctx, stderr, !exists)
}

// OpenCurrent opens the database. It creates an SQLite database that does not exist, and
// brings the schema of an existing one up to date. The caller holds the lock.
func (f Flags) OpenCurrent(ctx context.Context, stderr command.Stderr) (*sqlstore.Store, error) {
	return f.openStore(ctx, stderr, f.File() != "")
}

// MustExist fails if the SQLite database does not exist. Subcommands with nothing to do
// in a new database must not create one in the wrong folder.
func (f Flags) MustExist() error {
	exists, err := f.exists()
	if err == nil && !exists {
		err = command.NewExitError(command.ExitUsage, "no database at "+Absolute(f.File())+"; yuno-erasure serve, migrate or accounts create creates one")
	}
	return err
}

// openStore reports on stderr where it put a new master key.
func (f Flags) openStore(ctx context.Context, stderr command.Stderr, migrate bool) (*sqlstore.Store, error) {
	if err := f.checkKeyExists(); err != nil {
		return nil, err
	}
	ring, created, err := seal.Load(os.Getenv, f.KeyPath())
	if err != nil {
		return nil, err
	}
	if created {
		fmt.Fprintf(stderr, "yuno-erasure: created the master key %s: keep a backup of it, apart from those of the database; without the key nothing in the database can be read\n",
			f.KeyPath())
	}
	store, err := sqlstore.Open(ctx, f.Database, ring, sqlstore.Options{Migrate: migrate, ListenDSN: f.ListenDSN, Logger: f.Logger})
	return store, f.Describe(err)
}

// checkKeyExists rejects an existing database whose key file is missing: a new key would
// be created, and it would not open anything.
func (f Flags) checkKeyExists() error {
	if f.File() == "" || os.Getenv(seal.EnvKey) != "" || os.Getenv(seal.EnvKeyFile) != "" {
		return nil
	}
	if _, err := os.Stat(f.File()); err != nil {
		return nil // a new database
	}
	if _, err := os.Stat(f.KeyPath()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists, but its master key %s does not: restore the key from its backup",
			Absolute(f.File()), f.KeyPath())
	}
	return nil
}

// Describe adds the database to an error, for SQLite, and puts an error of connecting to
// PostgreSQL on one line.
func (f Flags) Describe(err error) error {
	if err != nil && f.File() != "" {
		return fmt.Errorf("%s: %w", Absolute(f.File()), err)
	}
	return onOneLine(err)
}

// Absolute returns the absolute path, or path itself if the working directory is unknown.
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
