package sqlstore

import (
	"database/sql"
	"path/filepath"
	"testing"
)

// However large the database is, the page caches of all connections take 128 MiB at most.
func TestPageCachesAreBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	if err := createSQLite(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	writer, reader, err := openSQLite(t.Context(), path, defaultMaxConns)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, pool := range []*sql.DB{writer, reader} {
		defer pool.Close()
		var size int
		if err := pool.QueryRowContext(t.Context(), `PRAGMA cache_size`).Scan(&size); err != nil || size >= 0 {
			t.Fatalf("a cache has %d pages, %v; want a size in KiB, which is negative", size, err)
		}
		total += -size * pool.Stats().MaxOpenConnections
	}
	if total > 128<<10 {
		t.Errorf("the page caches take up to %d MiB", total>>10)
	}
}
