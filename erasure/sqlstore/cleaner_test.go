package sqlstore_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
)

// No call of Compact is needed.
func TestTheLogIsTruncatedByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dsn := engines.Empty["SQLite"](t)
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 2)
		for i, erase := range []func(){
			func() {}, // fill imported: that may have replaced customers
			func() { eraseOne(t, store, 0) },
			func() { eraseOne(t, store, 1) },
		} {
			erase()
			if logSize(t, dsn) == 0 {
				t.Fatalf("step %d: the log is empty before: nothing to test", i)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if n := logSize(t, dsn); n > 0 {
				t.Errorf("step %d: after two seconds the log still has %d bytes", i, n)
			}
		}
	})
}

// A long reading transaction prevents the truncation of the log, but not writing. The log
// is truncated when the transaction ends.
func TestTheLogIsTruncatedOnceReadersLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dsn := engines.Empty["SQLite"](t)
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 2)
		outside, err := sql.Open("sqlite", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = outside.Close() }()
		reader, err := outside.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := reader.QueryRowContext(t.Context(), `SELECT count(*) FROM customers`).Scan(&n); err != nil {
			t.Fatal(err)
		}

		eraseOne(t, store, 0)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if logSize(t, dsn) == 0 {
			t.Fatal("the log was truncated under a reader")
		}
		began := time.Now()
		eraseOne(t, store, 1)
		if took := time.Since(began); took > time.Second {
			t.Errorf("accepting took %v while the truncator waited for a reader", took)
		}
		time.Sleep(5 * time.Second) // the truncator gives up again, and must repeat it
		synctest.Wait()
		if err := reader.Rollback(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := logSize(t, dsn); n > 0 {
			t.Errorf("the log still has %d bytes", n)
		}
	})
}

func logSize(t *testing.T, dsn string) int64 {
	t.Helper()
	info, err := os.Stat(strings.TrimPrefix(dsn, "file:") + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// A killed process leaves its log behind. The next Open truncates it.
func TestOpenTruncatesALeftoverLog(t *testing.T) {
	t.Parallel()
	dsn := engines.Empty["SQLite"](t)
	store := open(t, dsn, newRing(t, 1))
	fill(t, store, 1)
	eraseOne(t, store, 0)
	// A kill would leave the files as they are now: copy them.
	copied := engines.Empty["SQLite"](t)
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(strings.TrimPrefix(dsn, "file:") + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "-wal" && len(data) == 0 {
			t.Fatal("the log is empty before: nothing to test")
		}
		if err := os.WriteFile(strings.TrimPrefix(copied, "file:")+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, copied, newRing(t, 1))
	if n := logSize(t, copied); n > 0 {
		t.Errorf("the log has %d bytes, want none", n)
	}
	if _, err := again.Accept(t.Context(), acceptOf(0), noQueue); err != nil { // in progress: nothing was lost
		t.Error(err)
	}
}

// The log also contains the references of targets.
func TestTheLogIsTruncatedAfterAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dsn := engines.Empty["SQLite"](t)
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 1)
		id := eraseOne(t, store, 0)
		a, err := store.Begin(t.Context(), id, start.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		pause := func() { time.Sleep(2 * time.Second); synctest.Wait() }
		pause()
		err = store.Finish(t.Context(), erasure.FinishRequest{
			TargetID: id, Attempt: a.Target.Attempts, At: start, State: erasure.TargetSucceeded,
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if logSize(t, dsn) == 0 {
			t.Fatal("the log is empty before: nothing to test")
		}
		pause()
		if n := logSize(t, dsn); n > 0 {
			t.Errorf("the log still has %d bytes, with the references in them", n)
		}
	})
}
