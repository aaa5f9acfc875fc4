//go:build unix

// Package engines runs a test on an empty store of each kind of database.
// Internal to this module.
package engines

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// Each runs test as two parallel subtests, SQLite and PostgreSQL. The TestMain of the
// test binary must call pgtest.Main.
func Each(t *testing.T, test func(t *testing.T, store *sqlstore.Store)) {
	t.Helper()
	for engine, dsn := range map[string]func(testing.TB) string{
		"SQLite":     func(t testing.TB) string { return "file:" + filepath.Join(t.TempDir(), "test.db") },
		"PostgreSQL": func(t testing.TB) string { return pgtest.Database(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, dsn(t)))
		})
	}
}

func open(t *testing.T, dsn string) *sqlstore.Store {
	t.Helper()
	key := sha256.Sum256([]byte("a master key for tests"))
	ring, err := seal.NewRing(key[:])
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(context.WithoutCancel(t.Context()), dsn, ring, sqlstore.Options{Migrate: true})
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
