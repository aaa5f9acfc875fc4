//go:build unix

package ownfile

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	const readWrite = os.O_RDWR | os.O_CREATE
	write := func(t *testing.T, path string, mode fs.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"New", func(*testing.T, string) {}, ""},
		{"Own", func(t *testing.T, path string) { write(t, path, 0o600) }, ""},
		{"ReadableByAll", func(t *testing.T, path string) { write(t, path, 0o644) }, ""},
		{"WritableByGroup", func(t *testing.T, path string) { write(t, path, 0o620) }, "has mode 0620"},
		{"WritableByAll", func(t *testing.T, path string) { write(t, path, 0o602) }, "has mode 0602"},
		{"Link", func(t *testing.T, path string) {
			write(t, path+".target", 0o600)
			if err := os.Symlink(path+".target", path); err != nil {
				t.Fatal(err)
			}
		}, "is a symbolic link"},
		{"LinkToNothing", func(t *testing.T, path string) {
			if err := os.Symlink(path+".target", path); err != nil {
				t.Fatal(err)
			}
		}, "is a symbolic link"},
		{"Pipe", func(t *testing.T, path string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "is not a regular file"},
		{"AnothersFile", func(t *testing.T, path string) {
			write(t, path, 0o600)
			if err := os.Chown(path, 65534, -1); err != nil {
				t.Skip(err) // only root can
			}
		}, "belongs to user 65534"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal")
			c.make(t, path)
			_, targetBefore := os.Stat(path + ".target")
			file, err := Open(path, readWrite)
			if c.want == "" && err == nil {
				if content, err := io.ReadAll(file); err != nil || c.name != "New" && string(content) != "x" {
					t.Errorf("read %q, %v", content, err)
				}
				_ = file.Close()
			} else if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(path + ".target"); (err == nil) != (targetBefore == nil) {
				t.Error("the target of the link was created")
			}
		})
	}
}

// A file that is put in place of the one that was checked is not used.
func TestReplacedWhileOpened(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	for _, name := range []string{path, path + ".other"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checked, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path+".other", path); err != nil {
		t.Fatal(err)
	}
	if _, err := openSame(path, os.O_RDWR, checked); err == nil {
		t.Error("the target of the link was opened")
	}
}
