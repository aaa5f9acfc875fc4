package sqlstore_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// files returns the content of the database's file, its log and its index.
func files(t *testing.T, dsn string) []byte {
	t.Helper()
	var all []byte
	for _, suffix := range []string{"", "-wal", "-shm"} {
		data, err := os.ReadFile(strings.TrimPrefix(dsn, "file:") + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

// ciphertexts returns the beginning and the end of every value that a query returns. The
// pieces are short enough to be in one page.
func ciphertexts(t *testing.T, store *sqlstore.Store, query string) (pieces [][]byte) {
	t.Helper()
	rows, err := store.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, value := range values {
			const size = 24
			if len(value) < size {
				t.Fatalf("%s: a value has %d bytes", query, len(value))
			}
			pieces = append(pieces, bytes.Clone(value[:size]), bytes.Clone(value[len(value)-size:]))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return pieces
}

// count returns how many of the pieces data contains. It looks for all of them in one
// pass, by their first eight bytes.
func count(data []byte, pieces [][]byte) int {
	byStart := map[[8]byte][][]byte{}
	for _, piece := range pieces {
		start := [8]byte(piece[:8])
		byStart[start] = append(byStart[start], piece)
	}
	found := 0
	for i := 0; i+8 <= len(data); i++ {
		for _, piece := range byStart[[8]byte(data[i:i+8])] {
			if bytes.HasPrefix(data[i:], piece) {
				found++
			}
		}
	}
	return found
}

// The SQLite files never contain personal data, and after erasures not even its
// ciphertext, wrapped keys or HMACs. As a control, these are found before.
func TestErasedCustomersLeaveNoTrace(t *testing.T) {
	t.Parallel()
	const n, kept = 300, 20
	dsn := engines.Empty["SQLite"](t)
	store := open(t, dsn, newRing(t, 1))
	fill(t, store, n+kept)
	var plain [][]byte
	for i := range n + kept {
		for _, secret := range person(i).secrets() {
			plain = append(plain, []byte(secret))
		}
	}
	erased := fmt.Sprintf(`WHERE id < '%s'`, person(n).id())
	sealed := ciphertexts(t, store, `SELECT key, personal, links, merchant_mac FROM customers `+erased)
	sealedKept := ciphertexts(t, store, `SELECT key, personal, links, merchant_mac FROM customers WHERE NOT (`+erased[len("WHERE "):]+`)`)

	data := files(t, dsn)
	if found := count(data, plain); found > 0 {
		t.Errorf("before: %d pieces of personal data in the files, want 0", found)
	}
	if found := count(data, sealed); found < len(sealed) {
		t.Fatalf("before: %d of %d pieces of ciphertext found: the search is broken", found, len(sealed))
	}

	var targets []string
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		targets = append(targets, eraseOne(t, store, i))
	}
	refs := ciphertexts(t, store, `SELECT key, refs FROM targets`)
	for _, id := range targets {
		if err := succeed(t.Context(), store, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Compact(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	data = files(t, dsn)
	for what, pieces := range map[string][][]byte{
		"personal data": plain, "ciphertext, keys and HMACs": sealed, "references and their keys": refs,
	} {
		if found := count(data, pieces); found > 0 {
			t.Errorf("after: %d pieces of %s in the files, want 0", found, what)
		}
	}
	if found := count(data, sealedKept); found < len(sealedKept) {
		t.Errorf("after: %d of %d pieces of the remaining customers", found, len(sealedKept))
	}
}

// PostgreSQL keeps dead rows until VACUUM FULL. Its log still contains their ciphertext
// after that, with keys that only the master key opens.
func TestCompactEmptiesPostgreSQLTables(t *testing.T) {
	t.Parallel()
	store := open(t, pgtest.Database(t), newRing(t, 1))
	fill(t, store, 100)
	sealed := ciphertexts(t, store, `SELECT key, personal, links, merchant_mac FROM customers`)
	for i := range 100 {
		eraseOne(t, store, i)
	}
	found := func() int {
		t.Helper()
		var folder string
		err := store.DB().QueryRowContext(t.Context(),
			`SELECT current_setting('data_directory') || '/' || pg_relation_filepath('customers')`).Scan(&folder)
		if err == nil {
			_, err = store.DB().ExecContext(t.Context(), `CHECKPOINT`)
		}
		if err != nil {
			t.Fatal(err)
		}
		relations, err := filepath.Glob(filepath.Join(filepath.Dir(folder), "*")) // of this database
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, relation := range relations {
			data, err := os.ReadFile(relation)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			n += count(data, sealed)
		}
		return n
	}
	if found() == 0 {
		t.Fatal("the tables contain no ciphertext before: nothing to test")
	}
	if err := store.Compact(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if n := found(); n > 0 {
		t.Errorf("%d pieces of ciphertext remain in the tables, want 0", n)
	}
}

// This reads all rows of all tables, on both engines.
func TestRowsContainNoPersonalData(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 20)
		for i := range 10 {
			eraseOne(t, store, i)
		}
		var dump bytes.Buffer
		for _, table := range []string{"key_checks", "accounts", "customers", "erasures", "targets", "evidence"} {
			rows, err := store.DB().QueryContext(t.Context(), `SELECT * FROM `+table)
			if err != nil {
				t.Fatal(err)
			}
			columns, _ := rows.Columns()
			for rows.Next() {
				values, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&dump, "%s %q\n", table, values)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 20 {
			for _, secret := range person(i).secrets() {
				if bytes.Contains(dump.Bytes(), []byte(secret)) {
					t.Errorf("a row contains %q", secret)
				}
			}
		}
		if !bytes.Contains(dump.Bytes(), []byte(person(3).id())) {
			t.Error("the search is broken: not even the tombstone is found")
		}
		var left int
		err := store.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM customers
			WHERE erased_at IS NOT NULL AND (key IS NOT NULL OR personal IS NOT NULL OR links IS NOT NULL OR merchant_mac IS NOT NULL)`).Scan(&left)
		if err != nil || left > 0 {
			t.Errorf("%d tombstones contain more than ids, %v", left, err)
		}
	})
}

// References are kept as long as an attempt may still need them, and not longer.
func TestReferencesAreDestroyed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		resolve := func(target string) error { return store.Resolve(t.Context(), target, "by hand", start) }
		tests := []struct {
			state erasure.TargetState
			then  func(target string) error
			want  bool
		}{
			{erasure.TargetPending, nil, true},
			{erasure.TargetActionRequired, nil, true},
			{erasure.TargetFailed, nil, true},
			{erasure.TargetSucceeded, nil, false},
			{erasure.TargetAlreadyGone, nil, false},
			{erasure.TargetNotSupported, nil, false},
			{erasure.TargetActionRequired, resolve, false},
			{erasure.TargetFailed, resolve, false},
		}
		fill(t, store, len(tests))
		for i, test := range tests {
			target := eraseOne(t, store, i)
			attempt, err := store.Begin(t.Context(), target, start)
			if err != nil {
				t.Fatal(err)
			}
			err = store.Finish(t.Context(), erasure.FinishRequest{
				TargetID: target, Attempt: attempt.Target.Attempts, At: start, State: test.state, NextAt: start,
			}, nil)
			if err == nil && test.then != nil {
				err = test.then(target)
			}
			if err != nil {
				t.Fatal(err)
			}
			var key, refs bool
			err = store.DB().QueryRowContext(t.Context(),
				`SELECT key IS NOT NULL, refs IS NOT NULL FROM targets WHERE id = $1`, target).Scan(&key, &refs)
			if err != nil || key != test.want || refs != test.want {
				t.Errorf("%s, resolved %v: key kept %v, references kept %v, %v; want %v",
					test.state, test.then != nil, key, refs, err, test.want)
			}
		}
	})
}
