//go:build unix

// Package engines gives tests a database of each kind. Internal to this module.
package engines

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// Empty has a function for each engine, by name. It returns the address of an empty
// database. The TestMain of the test binary must call pgtest.Main.
var Empty = map[string]func(testing.TB) string{
	"SQLite":     func(t testing.TB) string { return sqliteFile(t, nil) },
	"PostgreSQL": pgtest.Database,
}

// Migrated has a function for each engine, by name. It returns the address of a new
// database with the current schema. The schema is created once per test binary and
// copied: that takes most of the time of a test.
var Migrated = map[string]func(testing.TB) string{
	"SQLite": func(t testing.TB) string {
		t.Helper()
		schema, err := sqliteSchema()
		if err != nil {
			t.Fatal(err)
		}
		return sqliteFile(t, schema)
	},
	"PostgreSQL": func(t testing.TB) string {
		t.Helper()
		return pgtest.Copy(t, migrate)
	},
}

// New opens a store in a [Migrated] database of an engine. It is closed when the test ends.
func New(t testing.TB, engine string) *sqlstore.Store {
	t.Helper()
	return open(t, Migrated[engine](t))
}

// Each runs test as parallel subtests, on a new store of each engine.
func Each(t *testing.T, test func(t *testing.T, store *sqlstore.Store)) {
	t.Helper()
	for engine := range Migrated {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, New(t, engine))
		})
	}
}

// sqliteFile returns the address of a new database with this content, or of none.
func sqliteFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "erasure.db")
	if content != nil {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "file:" + path
}

// sqliteSchema returns the content of a database file with the current schema.
var sqliteSchema = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "engines-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "schema.db")
	if err := migrate("file:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closing the store has moved everything there
})

// migrate writes the schema and no key, so that a test opens its copy with keys of its own.
func migrate(dsn string) error { return sqlstore.Migrate(context.Background(), dsn) }

func open(t testing.TB, dsn string) *sqlstore.Store {
	t.Helper()
	store, err := openWith(dsn, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func openWith(dsn string, opts sqlstore.Options) (*sqlstore.Store, error) {
	key := sha256.Sum256([]byte("a master key for tests"))
	ring, err := seal.NewRing(key[:])
	if err != nil {
		return nil, err
	}
	return sqlstore.Open(context.Background(), dsn, ring, opts)
}
