//go:build unix

package sqlstore_test

import (
	"errors"
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
		want := fmt.Sprintf("mode %04o, so other users may read or change it: chmod go-rwx %s", mode, path)
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

// SQLite takes over what it finds beside the database, so those files obey the same rule.
func TestFilesBesideTheDatabase(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		t.Run(suffix, func(t *testing.T) {
			t.Parallel()
			dsn := engines.Empty["SQLite"](t)
			ring := newRing(t, 1)
			if err := open(t, dsn, ring).Close(); err != nil {
				t.Fatal(err)
			}
			path := strings.TrimPrefix(dsn, "file:") + suffix
			refused := func(want string) {
				t.Helper()
				_, err := sqlstore.Open(t.Context(), dsn, ring, sqlstore.Options{Migrate: true})
				wantText(t, err, path+" "+want)
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			write := func(mode os.FileMode) {
				t.Helper()
				if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, mode)); err != nil {
					t.Fatal(err)
				}
			}
			write(0o644)
			refused("has mode 0644, so other users may read or change it: chmod go-rwx " + path)
			if err := os.Symlink(path+".target", path); err != nil {
				t.Fatal(err)
			}
			refused("is a symbolic link")
			if os.Geteuid() == 0 {
				write(0o600)
				if err := os.Chown(path, 65534, -1); err != nil {
					t.Fatal(err)
				}
				refused("belongs to user 65534")
			}
			if err := open(t, dsn, ring).Close(); err != nil {
				t.Errorf("without the file: %v", err)
			}
		})
	}
}

// A database may be named by a link, but not by one that somebody else can turn elsewhere.
func TestLinkToTheDatabase(t *testing.T) {
	t.Parallel()
	dsn := engines.Empty["SQLite"](t)
	ring := newRing(t, 1)
	if err := open(t, dsn, ring).Close(); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(dsn, "file:")
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := open(t, "file:"+link, ring).Close(); err != nil {
		t.Errorf("an own link: %v", err)
	}
	refused := func(want string) {
		t.Helper()
		_, err := sqlstore.Open(t.Context(), "file:"+link, ring, sqlstore.Options{Migrate: true})
		wantText(t, err, want)
	}
	if err := errors.Join(os.WriteFile(path+"-wal", nil, 0o600), os.Chmod(path+"-wal", 0o666)); err != nil { // SQLite looks there
		t.Fatal(err)
	}
	refused(path + "-wal has mode")
	if os.Geteuid() == 0 {
		if err := os.Lchown(link, 65534, -1); err != nil {
			t.Fatal(err)
		}
		refused("is a symbolic link of user 65534")
		if err := os.Chown(path, 65534, -1); err != nil {
			t.Fatal(err)
		}
		_, err := sqlstore.Open(t.Context(), dsn, ring, sqlstore.Options{})
		wantText(t, err, "run this as that user, or check it and chown 0 "+path)
	}
	if err := errors.Join(os.Remove(link), os.Symlink(path+".missing", link)); err != nil {
		t.Fatal(err)
	}
	refused("is a symbolic link to a file that does not exist")
}
