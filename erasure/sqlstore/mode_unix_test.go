//go:build unix

package sqlstore_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// Nobody else may read the database or change it, and a new one begins like that.
func TestModeOfTheDatabase(t *testing.T) {
	t.Parallel()
	dsn := engines.Empty["SQLite"](t)
	path := strings.TrimPrefix(dsn, "file:")
	ring := newRing(t, 1)
	if err := open(t, dsn, ring).Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a new database has %v, %v; want mode 0600", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o640, 0o620, 0o604, 0o602, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("mode %04o, so other users may read or change the database: chmod 600 %s", mode, path)
		for _, migrate := range []bool{false, true} {
			_, err := sqlstore.Open(t.Context(), dsn, ring, sqlstore.Options{Migrate: migrate})
			wantText(t, err, want)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dsn, ring).Close(); err != nil {
		t.Errorf("with mode 0600 again: %v", err)
	}
}
