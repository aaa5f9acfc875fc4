package crashtest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The disk of a running service becomes full, and has room again later.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m"); err != nil {
		t.Skip("no file system can be mounted here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s, subjects := newLoaded(t, "file:"+filepath.Join(folder, "erasure.db"), 200)
	v := s.start()
	for _, c := range subjects[:20] {
		c.delete(t.Context(), s.once())
	}
	ballast := filepath.Join(folder, "ballast")
	fillUp(t, ballast)
	var failed error
	for _, c := range subjects[20:] { // the write-ahead log may still have room
		if failed = s.once().DeleteCustomer(t.Context(), c.id); failed != nil {
			break
		}
		c.accepted++
	}
	s.wantFailing(v, failed, "full; nothing was changed")
	s.wantRefusal(s.run("accounts", "create"), "full; nothing was changed")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.settle(v, subjects)
}

// fillUp writes a file until the disk is full.
func fillUp(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	const page, most = 4096, 64 << 20
	for written := 0; err == nil && written < most; written += page {
		_, err = file.Write(bytes.Repeat([]byte{1}, page))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want a full disk", err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
