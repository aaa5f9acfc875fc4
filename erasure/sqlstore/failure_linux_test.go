package sqlstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// mount returns an empty folder on a separate file system, or skips the test.
func mount(t *testing.T, size string) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("no file system can be mounted here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// The disk is full while the store runs, and then has space again.
func TestFileSystemFull(t *testing.T) {
	t.Parallel()
	folder := mount(t, "4m")
	store := open(t, "file:"+filepath.Join(folder, "erasure.db"), newRing(t, 1))
	fill(t, store, 100)
	eraseOne(t, store, 0)
	ballast := filepath.Join(folder, "ballast")
	file, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(bytes.Repeat([]byte{1}, 4096))
	}
	_ = file.Close()

	for i := 1; i < 100; i++ {
		_, err := store.Accept(t.Context(), acceptOf(i), noQueue)
		if err == nil {
			continue // the log had free space
		}
		wantText(t, err, "full; nothing was changed")
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		wantUnchanged(t, store, i, err)
		counts, err := store.Counts(t.Context(), start)
		if err != nil || counts.Customers != 100-i-1 {
			t.Errorf("%d customers remain, %v; want %d", counts.Customers, err, 100-i-1)
		}
		return
	}
	t.Error("the disk was never full")
}

func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	folder := mount(t, "4m")
	dsn := "file:" + filepath.Join(folder, "erasure.db")
	store := open(t, dsn, newRing(t, 1))
	fill(t, store, 1)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	wantText(t, openError(t, dsn, 1, sqlstore.Options{Migrate: true}), "must be readable and writable")
	other := strings.Replace(dsn, "erasure.db", "other.db", 1)
	wantText(t, openError(t, other, 1, sqlstore.Options{Migrate: true}), "create the database")
	remount(0)
	eraseOne(t, open(t, dsn, newRing(t, 1)), 0)
}
