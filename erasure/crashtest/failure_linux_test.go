package crashtest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The disk fills up under a running service, and is given room again.
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
		c.remove(t.Context(), s.once())
	}
	ballast := filepath.Join(folder, "ballast")
	fillUp(t, ballast)
	var failed error
	for _, c := range subjects[20:] { // the log may have room left from earlier
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

// fillUp writes a file until there is no room for more.
func fillUp(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for err == nil && time.Now().Before(deadline) {
		_, err = file.Write(bytes.Repeat([]byte{1}, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want a full disk", err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
