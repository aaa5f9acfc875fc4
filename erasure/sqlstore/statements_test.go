package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"
)

func TestStatementCache(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	// cached returns the texts that the only connection keeps.
	cached := func(t *testing.T, db *sql.DB) (texts []string) {
		t.Helper()
		conn, err := db.Conn(ctx)
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
	names := func(t *testing.T, rows *sql.Rows, err error) (list []string) {
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
	fill := func(t *testing.T, db *sql.DB) {
		t.Helper()
		for _, name := range []string{"a", "b", "c"} {
			if _, err := db.ExecContext(ctx, `INSERT INTO entries (name) VALUES ($1)`, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	const above = `SELECT name FROM entries WHERE name > $1 ORDER BY name`

	t.Run("KeepsStatements", func(t *testing.T) {
		t.Parallel()
		db := scratch(t)
		fill(t, db)
		for after, want := range map[string][]string{"": {"a", "b", "c"}, "a": {"b", "c"}, "c": nil} {
			rows, err := db.QueryContext(ctx, above, after)
			if got := names(t, rows, err); !slices.Equal(got, want) {
				t.Errorf("after %q: got %q, want %q", after, got, want)
			}
		}
		kept := cached(t, db)
		if !slices.Contains(kept, above) || !slices.Contains(kept, `INSERT INTO entries (name) VALUES ($1)`) {
			t.Errorf("kept %q", kept)
		}
	})
	t.Run("TwoResultsOfOneTextAtOnce", func(t *testing.T) {
		t.Parallel()
		db := scratch(t)
		fill(t, db)
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		outer, err := tx.QueryContext(ctx, above, "")
		if err != nil || !outer.Next() {
			t.Fatal(err)
		}
		inner, err := tx.QueryContext(ctx, above, "a")
		if got := names(t, inner, err); !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("inner: got %q", got)
		}
		if got := names(t, outer, nil); !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("the rest of the outer: got %q", got)
		}
	})
	t.Run("ResultsThatAreLeftHalfway", func(t *testing.T) {
		t.Parallel()
		db := scratch(t)
		fill(t, db)
		for range 3 {
			var first string
			if err := db.QueryRowContext(ctx, above, "").Scan(&first); err != nil || first != "a" {
				t.Errorf("got %q, %v", first, err)
			}
			// A statement that still read would keep the table from being dropped.
			if _, err := db.ExecContext(ctx, `CREATE TABLE other (x)`); err != nil {
				t.Error(err)
			}
			if _, err := db.ExecContext(ctx, `DROP TABLE other`); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("DropsThoseThatFail", func(t *testing.T) {
		t.Parallel()
		db := scratch(t)
		fill(t, db)
		const insert = `INSERT INTO entries (name) VALUES ($1)`
		if _, err := db.ExecContext(ctx, insert, "a"); err == nil {
			t.Error("the same name twice")
		}
		if slices.Contains(cached(t, db), insert) {
			t.Error("a statement that failed was kept")
		}
		if _, err := db.ExecContext(ctx, insert, "d"); err != nil {
			t.Errorf("the next one: %v", err)
		}
	})
	t.Run("SeesAChangedTable", func(t *testing.T) {
		t.Parallel()
		db := scratch(t)
		fill(t, db)
		const all = `SELECT * FROM entries ORDER BY name LIMIT 1`
		var name string
		var parent, more sql.NullString
		if err := db.QueryRowContext(ctx, all).Scan(&name, &parent); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(ctx, `ALTER TABLE entries ADD COLUMN more TEXT DEFAULT 'new'`); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRowContext(ctx, all).Scan(&name, &parent, &more); err != nil || more.String != "new" {
			t.Errorf("got %q, %v", more.String, err)
		}
	})
	t.Run("IsBounded", func(t *testing.T) {
		t.Parallel()
		db := scratch(t)
		for i := range maxStatements + 20 {
			var got int
			if err := db.QueryRowContext(ctx, fmt.Sprintf(`SELECT %d`, i)).Scan(&got); err != nil || got != i {
				t.Fatalf("got %d, %v", got, err)
			}
		}
		if n := len(cached(t, db)); n != maxStatements {
			t.Errorf("keeps %d statements", n)
		}
	})
	// A statement that stays open keeps the write-ahead log, and what was erased in it.
	t.Run("LeavesNoneOpen", func(t *testing.T) {
		t.Parallel()
		for name, use := range map[string]func(db *sql.DB) error{
			"two of one text": func(db *sql.DB) error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				outer, err1 := tx.QueryContext(ctx, `SELECT name FROM entries`)
				inner, err2 := tx.QueryContext(ctx, `SELECT name FROM entries`)
				if err := errors.Join(err1, err2); err != nil {
					return err
				}
				return errors.Join(inner.Close(), outer.Close(), tx.Commit())
			},
			"one that failed": func(db *sql.DB) error {
				var n int64
				if err := db.QueryRowContext(ctx, `SELECT abs(-9223372036854775808)`).Scan(&n); err == nil {
					return errors.New("it did not fail")
				}
				return nil
			},
			"too many": func(db *sql.DB) (err error) {
				for i := range maxStatements + 5 {
					_, err1 := db.ExecContext(ctx, fmt.Sprintf(`SELECT %d`, i))
					err = errors.Join(err, err1)
				}
				return err
			},
		} {
			db := scratch(t)
			var path string
			if err := db.QueryRowContext(ctx, `SELECT file FROM pragma_database_list`).Scan(&path); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(use(db), db.Close()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: the log is still there: %v", name, err)
			}
		}
	})
	t.Run("DropsThoseThatFailHalfway", func(t *testing.T) {
		t.Parallel()
		db := scratch(t)
		const text = `SELECT abs(x) FROM (SELECT 1 AS x UNION ALL SELECT -9223372036854775808)`
		rows, err := db.QueryContext(ctx, text)
		if err := each(rows, err, func(*sql.Rows) error { return nil }); err == nil {
			t.Error("it did not fail")
		}
		if slices.Contains(cached(t, db), text) {
			t.Error("it was kept")
		}
	})
	t.Run("TakesOnlyWhatRunsOften", func(t *testing.T) {
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
	})
}
