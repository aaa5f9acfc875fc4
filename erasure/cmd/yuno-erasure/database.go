package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// databaseFlags are the flags of every subcommand that opens the database.
type databaseFlags struct {
	Database string `help:"file:PATH for SQLite, or postgres://USER@HOST/NAME." default:"file:yuno-erasure.db" env:"YUNO_ERASURE_DATABASE"`
}

// embedded reports whether the database is a file of this program's own, which
// it creates and brings up to date by itself.
func (f databaseFlags) embedded() bool { return strings.HasPrefix(f.Database, "file:") }

// keyPath is where the embedded database's master key is, unless the environment
// names another place: beside the database.
func (f databaseFlags) keyPath() string {
	if !f.embedded() {
		return ""
	}
	return strings.TrimPrefix(f.Database, "file:") + ".key"
}

// Validate is called by the parser. The text is not repeated: it may hold a
// password.
func (f databaseFlags) Validate() error {
	if !f.embedded() && !strings.HasPrefix(f.Database, "postgres://") && !strings.HasPrefix(f.Database, "postgresql://") {
		return errors.New("--database: want file:PATH for SQLite, or postgres://USER@HOST/NAME")
	}
	return nil
}

// open opens the database. It says on stderr where a new master key was put.
func (f databaseFlags) open(ctx context.Context, stderr errorWriter) (*sqlstore.Store, error) {
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
	return sqlstore.Open(ctx, f.Database, ring, sqlstore.Options{Migrate: f.embedded()})
}

// checkKeyIsThere refuses a database whose key file is gone: a new key would be
// created for it, and would open nothing.
func (f databaseFlags) checkKeyIsThere() error {
	if !f.embedded() || os.Getenv(seal.EnvKey) != "" || os.Getenv(seal.EnvKeyFile) != "" {
		return nil
	}
	database := strings.TrimPrefix(f.Database, "file:")
	if _, err := os.Stat(database); err != nil {
		return nil // a new database
	}
	if _, err := os.Stat(f.keyPath()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there, and its master key %s is not: restore that from its copy", database, f.keyPath())
	}
	return nil
}
