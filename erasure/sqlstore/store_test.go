package sqlstore_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// engines are the databases that tests run against: each returns the address of
// an empty one.
var engines = map[string]func(testing.TB) string{
	"SQLite":     func(t testing.TB) string { return "file:" + filepath.Join(t.TempDir(), "erasure.db") },
	"PostgreSQL": func(t testing.TB) string { return pgtest.Database(t) },
}

// onEach runs a test against each engine.
func onEach(t *testing.T, test func(t *testing.T, dsn string)) {
	for name, newDSN := range engines {
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

// open opens a store, migrating it, until the test ends.
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

// The references of a target that is done leave SQLite's log, too.
func TestTheLogIsTruncatedAfterAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dsn := engines["SQLite"](t)
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		id := eraseOne(t, store, 0)
		a, err := store.Begin(t.Context(), id, benchStart.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		pause := func() { time.Sleep(2 * time.Second); synctest.Wait() }
		pause()
		err = store.Finish(t.Context(), erasure.FinishRequest{
			TargetID: id, Attempt: a.Target.Attempts, At: benchStart, State: erasure.TargetSucceeded,
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if logSize(t, dsn) == 0 {
			t.Fatal("nothing to truncate: this shows nothing")
		}
		pause()
		if n := logSize(t, dsn); n > 0 {
			t.Errorf("the log still has %d bytes, with the references in them", n)
		}
	})
}
