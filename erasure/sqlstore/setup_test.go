package sqlstore_test

import (
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// onEach runs a test on each engine, in parallel, with the address of a database that has
// the current schema.
func onEach(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	on(t, engines.Migrated, test)
}

// onEachEmpty is onEach with a database that has no schema.
func onEachEmpty(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	on(t, engines.Empty, test)
}

func on(t *testing.T, databases map[string]func(testing.TB) string, test func(t *testing.T, dsn string)) {
	t.Helper()
	for name, newDSN := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newDSN(t))
		})
	}
}

// newRing returns a ring of keys made from seeds, the current one first.
func newRing(t testing.TB, current byte, older ...byte) *seal.Ring {
	t.Helper()
	key := func(seed byte) []byte {
		key := make([]byte, seal.KeySize)
		for i := range key {
			key[i] = seed ^ byte(i*37)
		}
		return key
	}
	var rest [][]byte
	for _, seed := range older {
		rest = append(rest, key(seed))
	}
	ring, err := seal.NewRing(key(current), rest...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// open opens a migrated store and closes it when the test ends.
func open(t testing.TB, dsn string, ring *seal.Ring) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), dsn, ring, sqlstore.Options{Migrate: true})
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

// openError opens a database that Open must reject, and returns the error.
func openError(t *testing.T, dsn string, seed byte, opts sqlstore.Options) error {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), dsn, newRing(t, seed), opts)
	if err == nil {
		_ = store.Close()
		t.Fatal("the database was opened")
	}
	return err
}

// wantText checks that an error contains a text.
func wantText(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q in it", err, want)
	}
}
