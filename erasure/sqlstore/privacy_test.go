package sqlstore_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// person is somebody whose data is different from everybody else's.
type person int

func (p person) id() string         { return fmt.Sprintf("customer-%05d-000000000000000000000", int(p)) }
func (p person) merchantID() string { return fmt.Sprintf("merchantref%05d", int(p)) }
func (p person) reference() string  { return fmt.Sprintf("cus_reference%05d", int(p)) }

// secrets is everything about a person that must not be readable.
func (p person) secrets() []string {
	return []string{
		fmt.Sprintf("ana.silva.%05d@example.com", int(p)), fmt.Sprintf("Anamaria%05d", int(p)),
		fmt.Sprintf("DOC%05d77", int(p)), p.merchantID(), p.reference(),
	}
}

func (p person) customer() erasure.Customer {
	s := p.secrets()
	personal, _ := json.Marshal(map[string]any{
		"id": p.id(), "email": s[0], "first_name": s[1], "document": map[string]string{"document_number": s[2]},
		"metadata": strings.Repeat("m", 500*(int(p)%7)), // some rows spill over a page
	})
	return erasure.Customer{
		ID: p.id(), MerchantCustomerID: p.merchantID(), Personal: personal,
		Connections: []erasure.Connection{{Provider: "stripe", References: erasure.References{Customer: p.reference()}}},
	}
}

// files reads the database's file, its log and its index.
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

// ciphertexts reads what the rows of a query hold, cut into pieces that fit into
// any page or cell.
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

// count counts how many of the pieces stand in data. One pass over the data for
// all of them, by their first eight bytes.
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

// The SQLite files never hold personal data, and after erasures not even its
// ciphertext, its wrapped keys or its HMACs. The control is what is found before.
func TestErasedCustomersLeaveNoTrace(t *testing.T) {
	t.Parallel()
	const n, kept = 1000, 20
	dsn := engines["SQLite"](t)
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
	for i := range n {
		targets = append(targets, eraseOne(t, store, i))
	}
	refs := ciphertexts(t, store, `SELECT key, refs FROM targets`)
	for _, id := range targets {
		attempt, err := store.Begin(t.Context(), id, benchStart)
		if err == nil {
			err = store.Finish(t.Context(), erasure.FinishRequest{
				TargetID: id, Attempt: attempt.Target.Attempts, At: benchStart, State: erasure.TargetSucceeded,
			}, nil)
		}
		if err != nil {
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
		t.Errorf("after: %d of %d pieces of the customers that were kept", found, len(sealedKept))
	}
}

// PostgreSQL keeps dead rows; VACUUM FULL does away with them. Its log is another
// matter, and what is in there is ciphertext whose key only the master key opens.
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
		t.Fatal("the ciphertext is gone before: nothing to test")
	}
	if err := store.Compact(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if n := found(); n > 0 {
		t.Errorf("%d pieces of ciphertext are left in the tables, want 0", n)
	}
}

// Nobody has to call Compact for that.
func TestTheLogIsTruncatedByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dsn := engines["SQLite"](t)
		store := open(t, dsn, newRing(t, 1))
		fill(t, store, 2)
		for i, erase := range []func(){
			func() {}, // importing may have replaced somebody
			func() { eraseOne(t, store, 0) },
			func() { eraseOne(t, store, 1) },
		} {
			erase()
			if logSize(t, dsn) == 0 {
				t.Fatalf("step %d: the log is empty already: nothing to test", i)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if n := logSize(t, dsn); n > 0 {
				t.Errorf("step %d: after two seconds the log still has %d bytes", i, n)
			}
		}
	})
}

// A reader that stays keeps the log from being truncated, but nobody from
// writing; once it leaves, the log goes.
func TestTheLogIsTruncatedOnceReadersLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dsn := engines["SQLite"](t)
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
			t.Errorf("accepting took %v while a reader was in the truncator's way", took)
		}
		time.Sleep(5 * time.Second) // it gives up again, and must not forget
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

// A killed process leaves a log behind; the next one to open the file truncates it.
func TestOpenTruncatesALogThatWasLeft(t *testing.T) {
	t.Parallel()
	dsn := engines["SQLite"](t)
	store := open(t, dsn, newRing(t, 1))
	fill(t, store, 1)
	eraseOne(t, store, 0)
	// What a kill leaves is what the files hold now: copy them.
	copied := engines["SQLite"](t)
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(strings.TrimPrefix(dsn, "file:") + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "-wal" && len(data) == 0 {
			t.Fatal("the log is empty already: nothing to test")
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

// What an eavesdropper on the rows of any table sees, on both engines.
func TestRowsHoldNoPersonalData(t *testing.T) {
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
					t.Errorf("a row holds %q", secret)
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
			t.Errorf("%d tombstones hold more than ids, %v", left, err)
		}
	})
}

// References are kept exactly as long as somebody may still need them.
func TestReferencesAreDestroyed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		resolve := func(target string) error { return store.Resolve(t.Context(), target, "by hand", benchStart) }
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
			attempt, err := store.Begin(t.Context(), target, benchStart)
			if err != nil {
				t.Fatal(err)
			}
			err = store.Finish(t.Context(), erasure.FinishRequest{
				TargetID: target, Attempt: attempt.Target.Attempts, At: benchStart, State: test.state, NextAt: benchStart,
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
