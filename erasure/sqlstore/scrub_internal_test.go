package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const scrubRows = 5000 // more pages than a scrub reads at once

func scrubSecret(i int) []byte {
	return fmt.Appendf(nil, "%s<%d>", strings.Repeat("secret", 10+i%50), i)
}

// withRemains creates a database in whose pages copies of erased rows remain: rows that come
// and go in random order make SQLite rebuild pages.
func withRemains(t *testing.T) (path string, db *sql.DB) {
	t.Helper()
	path, db = blank(t, "")
	do(t, db, func(exec func(string, ...any)) {
		exec(`CREATE TABLE secrets (id INTEGER PRIMARY KEY, secret BLOB)`)
		exec(`CREATE INDEX secrets_secret ON secrets (secret) WHERE secret IS NOT NULL`)
	})
	leaveRemains(t, path, db)
	return path, db
}

func leaveRemains(t *testing.T, path string, db *sql.DB) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	do(t, db, func(exec func(string, ...any)) {
		exec(`DELETE FROM secrets`)
		for _, i := range random.Perm(scrubRows) {
			exec(`INSERT INTO secrets VALUES ($1, $2)`, i, scrubSecret(i))
		}
		exec(`INSERT INTO secrets VALUES ($1, $2)`, scrubRows, bytes.Repeat(scrubSecret(scrubRows), 1000)) // many pages
		for _, i := range random.Perm(scrubRows)[:scrubRows*9/10] {
			exec(`UPDATE secrets SET secret = NULL WHERE id = $1`, i)
		}
	})
	if _, err := truncateLog(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if remains(t, path, rowsOf(t, db)) == 0 {
		t.Fatal("SQLite leaves nothing behind any more: nothing to test")
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	path, db := withRemains(t)
	before := rowsOf(t, db)
	// The cache of db knows the pages as they were.
	other, err := openFile(t.Context(), path, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	for _, want := range []bool{true, false} { // the second time there is nothing to do
		if changed, err := scrub(t.Context(), other, 0); err != nil || (changed > 0) != want {
			t.Fatalf("%d pages changed, %v; want any: %v", changed, err, want)
		}
	}
	if _, err := truncateLog(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if left := remains(t, path, before); left > 0 {
		t.Errorf("%d erased secrets remain in the file, want none", left)
	}
	if after := rowsOf(t, db); !slices.Equal(after, before) {
		t.Error("the rows are not those from before")
	}
	do(t, db, func(exec func(string, ...any)) { // pages are split and joined again
		for i := range scrubRows / 2 {
			exec(`INSERT INTO secrets VALUES ($1, $2)`, scrubRows+1+i, scrubSecret(scrubRows+1+i))
		}
		exec(`DELETE FROM secrets WHERE secret IS NULL`)
	})
	var verdict string
	if err := db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %q, %v", verdict, err)
	}
}

// A cleaner scrubs what a killed process left, and what is erased later.
func TestCleanerScrubs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path, db := withRemains(t)
		c, err := startCleaner(t.Context(), path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		want := func(when string, rows []string) {
			t.Helper()
			time.Sleep(3 * truncateAfter) // one to scrub, one to truncate the log
			synctest.Wait()
			if left := remains(t, path, rows); left > 0 {
				t.Errorf("%s: %d erased secrets remain in the file, want none", when, left)
			}
		}
		want("after the start", rowsOf(t, db))
		leaveRemains(t, path, db)
		c.request()
		want("after a request", rowsOf(t, db))
		leaveRemains(t, path, db)
		time.Sleep(scrubEvery)
		want("after an hour", rowsOf(t, db))
		if err := errors.Join(c.stop(), db.Close()); err != nil {
			t.Error(err)
		}
	})
}

// What could not be read does not count as clean.
func TestScrubThatCannotRead(t *testing.T) {
	t.Parallel()
	_, db := blank(t, "")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := scrub(ended, db, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// Another writer delays a scrub, and does not make it begin again.
func TestScrubBesideAWriter(t *testing.T) {
	t.Parallel()
	path, db := withRemains(t)
	impatient, err := openFile(t.Context(), path, url.Values{"_busy_timeout": {"50"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = impatient.Close() }()
	writer, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if changed, err := scrub(short, impatient, 1); err == nil || changed > 0 {
		t.Errorf("%d pages changed, %v, while another writer had the lock", changed, err)
	}
	if changed, err := scrub(t.Context(), impatient, 0); !isBusy(err) || !strings.Contains(err.Error(), meaningLocked) || changed > 0 {
		t.Errorf("without a pause: %d pages changed, %v, while another writer had the lock", changed, err)
	}
	time.AfterFunc(200*time.Millisecond, func() { _ = writer.Rollback() })
	if changed, err := scrub(t.Context(), impatient, 1); err != nil || changed == 0 {
		t.Errorf("%d pages changed, %v", changed, err)
	}
}

// A reader of another process may use the log when a cleaner starts.
func TestCleanerTruncatesALeftoverLogLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path, db := blank(t, "")
		do(t, db, func(exec func(string, ...any)) { exec(`INSERT INTO first VALUES (1)`) })
		other, err := openFile(t.Context(), path, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		reader, err := other.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := reader.QueryRowContext(t.Context(), `SELECT count(*) FROM first`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		c, err := startCleaner(t.Context(), path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
			t.Fatalf("the log is empty under a reader: nothing to test, %v", err)
		}
		if err := reader.Rollback(); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * truncateAfter)
		synctest.Wait()
		if info, err := os.Stat(path + "-wal"); err != nil || info.Size() > 0 {
			t.Errorf("the log is not empty, %v", err)
		}
		if err := errors.Join(c.stop(), other.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
}

// An operator learns once that the files cannot be cleaned.
func TestCleanerReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path, db := blank(t, `PRAGMA auto_vacuum = FULL`)
		do(t, db, func(exec func(string, ...any)) {
			exec(`CREATE TABLE secrets (id INTEGER PRIMARY KEY, secret BLOB)`)
			exec(`CREATE INDEX secrets_secret ON secrets (secret) WHERE secret IS NOT NULL`)
		})
		leaveRemains(t, path, db)
		var log bytes.Buffer
		c, err := startCleaner(t.Context(), path, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * truncateAfter)
		if err := errors.Join(c.stop(), db.Close()); err != nil {
			t.Error(err)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "auto_vacuum=1: set it to 0 and run VACUUM") {
			t.Errorf("logged %q", text)
		}
	})
}

func TestCompactScrubs(t *testing.T) {
	t.Parallel()
	path, db := withRemains(t)
	c := &cleaner{db: db}
	s := &Store{engine: SQLite, writer: db, cleaner: c}
	if err := s.Compact(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if left := remains(t, path, rowsOf(t, db)); left > 0 {
		t.Errorf("%d erased secrets remain in the file, want none", left)
	}
}

// do executes statements in one transaction.
func do(t *testing.T, db *sql.DB, statements func(exec func(query string, args ...any))) {
	t.Helper()
	err := inTx(t.Context(), db, nil, func(tx *sql.Tx) (err error) {
		statements(func(query string, args ...any) {
			if err == nil {
				_, err = tx.ExecContext(t.Context(), query, args...)
			}
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// blank creates a SQLite database with one table, first, and that empty.
func blank(t *testing.T, setup string) (path string, db *sql.DB) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "blank.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	plain, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = plain.ExecContext(t.Context(), setup+`; CREATE TABLE first (id)`)
		err = errors.Join(err, plain.Close())
	}
	if err == nil {
		db, err = openFile(t.Context(), path, nil, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return path, db
}

// rowsOf returns all rows of the table secrets.
func rowsOf(t *testing.T, db *sql.DB) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT id || ' ' || coalesce(secret, '') FROM secrets ORDER BY id`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var row string
		err := rows.Scan(&row)
		all = append(all, row)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var secretNames = regexp.MustCompile(`<\d+>`)

// remains returns how many secrets are in the file that are in none of the rows.
func remains(t *testing.T, path string, rows []string) (left int) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for _, name := range secretNames.FindAllString(strings.Join(rows, "\n"), -1) {
		kept[name] = true
	}
	for _, name := range secretNames.FindAllString(string(file), -1) {
		if !kept[name] {
			left++
		}
	}
	return left
}

// Pages that only look like those of a tree are not changed.
func TestScrubOfAnUnknownLayout(t *testing.T) {
	t.Parallel()
	_, db := blank(t, `PRAGMA auto_vacuum = FULL`)
	err := inTx(t.Context(), db, nil, func(tx *sql.Tx) error { return scrubPages(t.Context(), tx, []int{2}) })
	if err == nil || !strings.Contains(err.Error(), "auto_vacuum=1") {
		t.Errorf("error %v, want one about auto_vacuum", err)
	}
}

func TestLayoutError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		autoVacuum, pages int
		want              string
	}{
		{0, 1, ""},
		{0, 1<<25 - 1, ""},
		{0, 1 << 25, "the database file has 33554432 pages, too many to tell their kinds apart"},
		{2, 1, "the database file was changed to auto_vacuum=2: set it to 0 and run VACUUM"},
	} {
		if err := layoutError(c.autoVacuum, c.pages); (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%d, %d: got %v, want %q", c.autoVacuum, c.pages, err, c.want)
		}
	}
}

func TestUnusedPart(t *testing.T) {
	t.Parallel()
	page := func(size int, start ...byte) []byte { return append(start, make([]byte, size-len(start))...) }
	tests := []struct {
		name     string
		page     []byte
		from, to int
	}{
		{"leaf of a table", page(512, leafTable, 0, 0, 0, 3, 1, 0), 14, 256},
		{"leaf of an index", page(512, leafIndex, 0, 0, 0, 3, 1, 0), 14, 256},
		{"interior of a table", page(512, interiorTable, 0, 0, 0, 3, 1, 0), 18, 256},
		{"interior of an index", page(512, interiorIndex, 0, 0, 0, 3, 1, 0), 18, 256},
		{"no cells", page(512, leafTable, 0, 0, 0, 0, 2, 0), 8, 512},
		{"no cells in the largest page", page(1<<16, leafTable), 8, 1 << 16},
		{"full", page(512, leafTable, 0, 0, 0, 124, 1, 0), 256, 256},
		{"pointers beyond the cells", page(512, leafTable, 0, 0, 0, 125, 1, 0), 0, 0},
		{"cells beyond the page", page(512, leafTable, 0, 0, 0, 3, 2, 1), 0, 0},
		{"overflow", page(512, 0, 0, 0, 0, 3, 1, 0), 0, 0},
		{"too short", []byte{leafTable, 0, 0}, 0, 0},
		{"empty", nil, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			part := unusedPart(test.page)
			for i := range part {
				part[i] = 0xff
			}
			from := bytes.IndexByte(test.page, 0xff)
			if len(part) == 0 {
				from = test.from
			}
			if from != test.from || len(part) != test.to-test.from {
				t.Errorf("from %d, %d bytes; want %d to %d", from, len(part), test.from, test.to)
			}
		})
	}
}
