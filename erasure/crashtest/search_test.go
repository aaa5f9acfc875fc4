package crashtest

import (
	"bytes"
	"database/sql"
	"fmt"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// pieces are the first and last bytes of ciphertexts, to search for: long enough to be
// unique, short enough not to be split between two pages.
type pieces struct{ byStart map[[8]byte][][]byte }

// newPieces returns those of all columns and rows of a query.
func newPieces(t testing.TB, store *sqlstore.Store, query string, args ...any) *pieces {
	t.Helper()
	p := &pieces{map[[8]byte][][]byte{}}
	n := 0
	eachRow(t, store.DB(), query, args, func(_ []string, values [][]byte) {
		for _, value := range values {
			n++
			p.add(t, value)
		}
	})
	if n == 0 {
		t.Fatalf("%s: found nothing to search for", query)
	}
	return p
}

func (p *pieces) add(t testing.TB, value []byte) {
	t.Helper()
	const size = 24
	if len(value) < size {
		t.Fatalf("a value has %d bytes", len(value))
	}
	for _, piece := range [][]byte{value[:size], value[len(value)-size:]} {
		start := [8]byte(piece)
		p.byStart[start] = append(p.byStart[start], bytes.Clone(piece))
	}
}

// in counts the pieces in data, in one pass.
func (p *pieces) in(data []byte) (found int) {
	for i := 0; i+8 <= len(data); i++ {
		for _, piece := range p.byStart[[8]byte(data[i:i+8])] {
			if bytes.HasPrefix(data[i:], piece) {
				found++
			}
		}
	}
	return found
}

// dump returns the content of all tables, including the queue's.
func dump(t testing.TB, store *sqlstore.Store) []byte {
	t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if store.Engine() == sqlstore.PostgreSQL {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	var tables []string
	eachRow(t, store.DB(), query, nil, func(_ []string, values [][]byte) { tables = append(tables, string(values[0])) })
	var all bytes.Buffer
	rows := map[string]int{}
	for _, table := range tables {
		eachRow(t, store.DB(), `SELECT * FROM `+table, nil, func(columns []string, values [][]byte) {
			rows[table]++
			for i, value := range values {
				fmt.Fprintf(&all, "%s.%s=%s\n", table, columns[i], value)
			}
		})
	}
	for _, table := range []string{"customers", "erasures", "targets", "evidence", "river_job"} {
		if rows[table] == 0 {
			t.Errorf("table %s is empty", table)
		}
	}
	return all.Bytes()
}

func eachRow(t testing.TB, db *sql.DB, query string, args []any, row func(columns []string, values [][]byte)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	raw, into, values := make([]sql.RawBytes, len(columns)), make([]any, len(columns)), make([][]byte, len(columns))
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			values[i] = raw[i]
		}
		row(columns, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
