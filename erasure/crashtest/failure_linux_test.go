package crashtest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

// The disk of a running service becomes full, and has room again later.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	folder := mountSmall(t)
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

// The disk of the erasure log becomes full while that of the database is not. Deletes are
// accepted, and the log has them once there is room.
func TestLogDiskFull(t *testing.T) {
	t.Parallel()
	folder := mountSmall(t)
	s, subjects := newLoaded(t, databases["SQLite"](t), 60)
	logged := filepath.Join(folder, "erasures.log")
	v := s.start("--erasure-log="+logged, "--log-level=info")
	s.ready(v)
	ballast := filepath.Join(folder, "ballast")
	fillUp(t, ballast)
	s.deleteAll(s.once(), subjects)
	const failing = "the erasure log is not written; deletes are accepted all the same, and it is tried again"
	v.WaitFor(t, failing)
	v.WaitFor(t, "no space left on device")
	s.waitUntilDone(v)
	if status, err := v.operations(t.Context(), "/readyz"); err != nil || !bytes.Contains(status, []byte(`"erasure_log":"failed"`)) {
		t.Errorf("readyz: %s, %v", status, err)
	}
	if metrics, err := v.operations(t.Context(), "/metrics"); err != nil || !bytes.Contains(metrics, []byte("\nyuno_erasure_log_behind_seconds ")) {
		t.Errorf("no metric of the log: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	v.WaitFor(t, "the erasure log is up to date again")
	if n := strings.Count(v.Output.String(), failing); n != 1 {
		t.Errorf("%d lines about one failure", n)
	}
	v.Stop(t)
	states := readLog(t, logged)
	for _, c := range subjects {
		if c.accepted == 0 || states[c.id] != erasure.ErasureCompleted {
			t.Errorf("%s: accepted %d times, %q in the log", c.id, c.accepted, states[c.id])
		}
	}
}

// mountSmall returns a folder on a small disk of its own, which only this user may write to.
func mountSmall(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m,mode=0700"); err != nil {
		t.Skip("no file system can be mounted here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
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
