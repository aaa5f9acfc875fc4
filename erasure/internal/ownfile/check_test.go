//go:build unix

package ownfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newFile creates a file in a folder of its own.
func newFile(t *testing.T, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func giveAway(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	if err := os.Lchown(path, 65534, -1); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, err error, text string) {
	t.Helper()
	if text == "" && err != nil || text != "" && (err == nil || !strings.HasSuffix(err.Error(), text)) {
		t.Errorf("%s: got %v, want %q", what, err, text)
	}
}

func TestCheckModes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode           fs.FileMode
		write, nothing bool // accepted
	}{
		{0o600, true, true}, {0o400, true, true}, {0o644, true, false}, {0o640, true, false}, {0o604, true, false},
		{0o620, false, false}, {0o602, false, false}, {0o666, false, false}, {0o777, false, false},
	} {
		path := newFile(t, c.mode)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		for others, text := range map[fs.FileMode]string{NoWrite: "other users could change it: chmod go-w " + path, NoAccess: "other users may read or change it: chmod go-rwx " + path} {
			if others == NoWrite && c.write || others == NoAccess && c.nothing {
				text = ""
			}
			want(t, info.Mode().String(), Check(path, info, others), text)
		}
	}
}

func TestCheckOwner(t *testing.T) {
	t.Parallel()
	path := newFile(t, 0o600)
	giveAway(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "another's file", Check(path, info, NoWrite), "belongs to user 65534, who could change it: run this as that user, or check it and chown 0 "+path)
}

func TestCheckFolder(t *testing.T) {
	t.Parallel()
	for mode, accepted := range map[fs.FileMode]bool{0o700: true, 0o755: true, 0o775: false, 0o702: false, 0o777 | fs.ModeSticky: false} {
		folder := filepath.Join(t.TempDir(), "folder")
		if err := errors.Join(os.Mkdir(folder, 0o700), os.Chmod(folder, mode)); err != nil {
			t.Fatal(err)
		}
		text := "chmod go-w " + folder
		if accepted {
			text = ""
		}
		want(t, mode.String(), CheckFolder(filepath.Join(folder, "file")), text)
	}
	t.Run("OfAnother", func(t *testing.T) {
		t.Parallel()
		path := newFile(t, 0o600)
		giveAway(t, filepath.Dir(path))
		want(t, "another's folder", CheckFolder(path), "chown 0 "+filepath.Dir(path))
	})
	if err := CheckFolder(filepath.Join(t.TempDir(), "missing", "file")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}

// A container gets its configuration through links.
func TestReadFile(t *testing.T) {
	t.Parallel()
	path := newFile(t, 0o644)
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		if got, err := ReadFile(name); err != nil || string(got) != "x" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := os.Chmod(path, 0o646); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		_, err := ReadFile(name)
		want(t, name, err, "chmod go-w "+name)
	}
	if _, err := ReadFile(path + ".missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	giveAway(t, path)
	_, err := ReadFile(link)
	want(t, "a link to another's file", err, "chown 0 "+link)
}

func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a new lock file has %v, %v", info.Mode(), err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a second lock: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = Lock(path); err != nil {
		t.Fatalf("after it was given up: %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

// A user who can write to the folder could have put a lock file there: a link that makes this
// process create a file elsewhere, or a file of theirs that they keep locked.
func TestLockFileOfAnother(t *testing.T) {
	t.Parallel()
	t.Run("Link", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "lock")
		if err := os.Symlink(path+".target", path); err != nil {
			t.Fatal(err)
		}
		_, err := Lock(path)
		want(t, "a link", err, "name the file itself")
		if _, err := os.Lstat(path + ".target"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the target was created: %v", err)
		}
	})
	t.Run("Writable", func(t *testing.T) {
		t.Parallel()
		path := newFile(t, 0o666)
		_, err := Lock(path)
		want(t, "writable", err, "chmod go-w "+path)
	})
	t.Run("Owner", func(t *testing.T) {
		t.Parallel()
		path := newFile(t, 0o600)
		giveAway(t, path)
		_, err := Lock(path)
		want(t, "another's", err, "chown 0 "+path)
	})
	t.Run("NoFolder", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "missing", "lock")
		_, err := Lock(path)
		want(t, "no folder", err, "the lock file "+path+": no such file or directory")
	})
}

// What is put in place of the lock file that was checked is not locked, and not created.
func TestReplacedWhileLocked(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{"Missing": "missing", "Other": "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, 0o600)
			checked, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer checked.Close()
			folder := filepath.Dir(path)
			if err := errors.Join(os.WriteFile(filepath.Join(folder, "other"), nil, 0o600), os.Remove(path), os.Symlink(target, path)); err != nil {
				t.Fatal(err)
			}
			if _, err := lockSame(path, checked); err == nil {
				t.Error("the target of the link was locked")
			}
			if _, err := os.Stat(filepath.Join(folder, "missing")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the target of the link was created: %v", err)
			}
		})
	}
}
