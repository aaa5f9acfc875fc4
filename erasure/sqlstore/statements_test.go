package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"
)

// cached returns the texts that a pool's only connection caches.
func cached(t *testing.T, db *sql.DB) (texts []string) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(conn any) error {
		for text := range conn.(*cachingConn).idle {
			texts = append(texts, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// names reads the first column of a result, and closes it.
func names(t *testing.T, rows *sql.Rows, err error) (list []string) {
	t.Helper()
	err = each(rows, err, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		list = append(list, name)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return list
}

const (
	insertEntry  = `INSERT INTO entries (name) VALUES ($1)`
	entriesAfter = `SELECT name FROM entries WHERE name > $1 ORDER BY name`
)

// scratchABC returns a scratch database with the entries a, b and c.
func scratchABC(t *testing.T) *sql.DB {
	t.Helper()
	db := scratch(t)
	for _, name := range []string{"a", "b", "c"} {
		if _, err := db.ExecContext(t.Context(), insertEntry, name); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func TestCacheKeepsStatements(t *testing.T) {
	t.Parallel()
	db := scratchABC(t)
	for after, want := range map[string][]string{"": {"a", "b", "c"}, "a": {"b", "c"}, "c": nil} {
		rows, err := db.QueryContext(t.Context(), entriesAfter, after)
		if got := names(t, rows, err); !slices.Equal(got, want) {
			t.Errorf("after %q: got %q, want %q", after, got, want)
		}
	}
	kept := cached(t, db)
	if !slices.Contains(kept, entriesAfter) || !slices.Contains(kept, insertEntry) {
		t.Errorf("kept %q", kept)
	}
}

func TestCacheWithTwoOpenResultsOfOneText(t *testing.T) {
	t.Parallel()
	db := scratchABC(t)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	outer, err := tx.QueryContext(t.Context(), entriesAfter, "")
	if err != nil || !outer.Next() {
		t.Fatal(err)
	}
	inner, err := tx.QueryContext(t.Context(), entriesAfter, "a")
	if got := names(t, inner, err); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("inner: got %q", got)
	}
	if got := names(t, outer, nil); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("the remaining outer rows: got %q", got)
	}
}

func TestCacheAfterPartlyReadResults(t *testing.T) {
	t.Parallel()
	db := scratchABC(t)
	for range 3 {
		var first string
		if err := db.QueryRowContext(t.Context(), entriesAfter, "").Scan(&first); err != nil || first != "a" {
			t.Errorf("got %q, %v", first, err)
		}
		// A statement that is still being read would prevent the DROP.
		if _, err := db.ExecContext(t.Context(), `CREATE TABLE other (x)`); err != nil {
			t.Error(err)
		}
		if _, err := db.ExecContext(t.Context(), `DROP TABLE other`); err != nil {
			t.Error(err)
		}
	}
}

func TestCacheDropsFailedStatements(t *testing.T) {
	t.Parallel()
	db := scratchABC(t)
	if _, err := db.ExecContext(t.Context(), insertEntry, "a"); err == nil {
		t.Error("a duplicate name was inserted")
	}
	if slices.Contains(cached(t, db), insertEntry) {
		t.Error("a statement that failed was kept")
	}
	if _, err := db.ExecContext(t.Context(), insertEntry, "d"); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestCacheAfterATableChange(t *testing.T) {
	t.Parallel()
	db := scratchABC(t)
	const all = `SELECT * FROM entries ORDER BY name LIMIT 1`
	var name string
	var parent, more sql.NullString
	if err := db.QueryRowContext(t.Context(), all).Scan(&name, &parent); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `ALTER TABLE entries ADD COLUMN more TEXT DEFAULT 'new'`); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), all).Scan(&name, &parent, &more); err != nil || more.String != "new" {
		t.Errorf("got %q, %v", more.String, err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	for i := range maxStatements + 20 {
		var got int
		if err := db.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT %d`, i)).Scan(&got); err != nil || got != i {
			t.Fatalf("got %d, %v", got, err)
		}
	}
	if n := len(cached(t, db)); n != maxStatements {
		t.Errorf("the cache has %d statements", n)
	}
}

// An open statement would keep the write-ahead log from being truncated.
func TestCacheClosesEveryStatement(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(db *sql.DB) error{
		"two of one text": func(db *sql.DB) error {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				return err
			}
			outer, err1 := tx.QueryContext(t.Context(), `SELECT name FROM entries`)
			inner, err2 := tx.QueryContext(t.Context(), `SELECT name FROM entries`)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			return errors.Join(inner.Close(), outer.Close(), tx.Commit())
		},
		"one that failed": func(db *sql.DB) error {
			var n int64
			if err := db.QueryRowContext(t.Context(), `SELECT abs(-9223372036854775808)`).Scan(&n); err == nil {
				return errors.New("the statement did not fail")
			}
			return nil
		},
		"too many": func(db *sql.DB) (err error) {
			for i := range maxStatements + 5 {
				_, err1 := db.ExecContext(t.Context(), fmt.Sprintf(`SELECT %d`, i))
				err = errors.Join(err, err1)
			}
			return err
		},
	} {
		db := scratch(t)
		var path string
		if err := db.QueryRowContext(t.Context(), `SELECT file FROM pragma_database_list`).Scan(&path); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(use(db), db.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the log still exists: %v", name, err)
		}
	}
}

func TestCacheDropsStatementsThatFailHalfway(t *testing.T) {
	t.Parallel()
	db := scratch(t)
	const text = `SELECT abs(x) FROM (SELECT 1 AS x UNION ALL SELECT -9223372036854775808)`
	rows, err := db.QueryContext(t.Context(), text)
	if err := each(rows, err, func(*sql.Rows) error { return nil }); err == nil {
		t.Error("the statement did not fail")
	}
	if slices.Contains(cached(t, db), text) {
		t.Error("the statement was kept")
	}
}

func TestCacheable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"-- name: X :many\nWITH a AS (SELECT 1) SELECT * FROM a": true,
		" select 1":                      true,
		"INSERT INTO x VALUES (1)":       true,
		"PRAGMA wal_checkpoint(PASSIVE)": false,
		"CREATE TABLE x (y)":             false,
		"VACUUM":                         false,
		"SAVEPOINT one":                  false,
		"-- nothing":                     false,
		"":                               false,
	} {
		if got := cacheable(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
