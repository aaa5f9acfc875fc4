package journalfile

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadLongLine(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("0123456789", 20_000) + "\n"
	line, err := ReadLine(bufio.NewReaderSize(strings.NewReader(want), 64<<10))
	if err != nil || string(line) != want {
		t.Errorf("%d bytes, %v: not the line", len(line), err)
	}
}

func TestNeverStarted(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]bool{
		"": true, HeaderStart[:5]: true, HeaderStart + "1": true, HeaderStart + "1\x00\x00": true, "\x00\x00": true,
		HeaderStart + "1}\n": false, "c1": false, "\x00c1": false, "\x00\n": false, HeaderStart + strings.Repeat("1", MaxHeader): false,
	} {
		if got := NeverStarted(strings.NewReader(content)); got != want {
			t.Errorf("%.20q: %t, want %t", content, got, want)
		}
	}
}

// A run locks the file that has the name, and no other run has it.
func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	opened := func() *os.File {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		return file
	}
	first := opened()
	lock := Lock(path, first)
	if lock == nil {
		t.Fatal("a new journal is not locked")
	}
	if Lock(path, opened()) != nil {
		t.Error("a second run has the lock")
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	second := opened()
	if Lock(path, first) != nil {
		t.Error("another file of that name is mistaken for the one that was opened")
	}
	again := Lock(path, second)
	if again == nil {
		t.Fatal("the lock of a failed attempt remains")
	}
	if err := again.Unlock(); err != nil {
		t.Error(err)
	}
}

// A name that has nothing behind it any more is not locked, and nothing is created there.
func TestLockCreatesNothing(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(path string) error{
		"Removed": func(string) error { return nil },
		"Link":    func(path string) error { return os.Symlink(path+".target", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal")
			opened, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Close()
			if err := errors.Join(os.Remove(path), replace(path)); err != nil {
				t.Skip(err) // not on every system
			}
			if lock := Lock(path, opened); lock != nil {
				t.Error("the name is locked")
			}
			for _, created := range []string{path, path + ".target"} {
				if _, err := os.Stat(created); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s was created: %v", filepath.Base(created), err)
				}
			}
		})
	}
}
