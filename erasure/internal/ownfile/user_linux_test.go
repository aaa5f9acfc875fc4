package ownfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// asUser calls f as a user without privileges. Linux keeps users by thread; this one ends
// with its goroutine, because it is never unlocked.
func asUser(t *testing.T, uid int, f func()) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if _, _, failure := syscall.RawSyscall(syscall.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); failure != 0 {
			done <- failure
			return
		}
		f()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// The same rule for a user without privileges: the administrator's files are trusted, and
// those of other users are not.
func TestAsUserWithoutPrivileges(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	const self, other = 65533, 65534
	folder, err := os.MkdirTemp("", "ownfile-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, uid := range map[string]int{"administrator": 0, "self": self, "other": other} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o644), os.Chown(path, uid, -1)); err != nil {
			t.Fatal(err)
		}
	}
	asUser(t, self, func() {
		for name, text := range map[string]string{"administrator": "", "self": "", "other": "chown 65533 " + filepath.Join(folder, "other")} {
			file, err := Open(filepath.Join(folder, name), os.O_RDONLY)
			want(t, name, err, text)
			_ = file.Close() // of nil, too
			_, err = ReadFile(filepath.Join(folder, name))
			want(t, name, err, text)
		}
		want(t, "the administrator's folder", CheckFolder(filepath.Join(folder, "file")), "")
		if _, err := Open(filepath.Join(folder, "new"), os.O_RDWR|os.O_CREATE); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a file in the administrator's folder: %v", err)
		}
	})
}
