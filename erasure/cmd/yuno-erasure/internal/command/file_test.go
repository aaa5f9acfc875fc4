package command

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// createReport creates a pending file over an existing one.
func createReport(t *testing.T) (file *PendingFile, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, "new"); err != nil {
		t.Fatal(err)
	}
	return file, path
}

// wantFile checks a file, and that it is the only one in its folder.
func wantFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Errorf("content %q, %v; want %q", got, err, content)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%v, %v; want mode %o", info, err, mode)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder contains %v, %v", entries, err)
	}
}

func TestPendingFile(t *testing.T) {
	t.Parallel()
	t.Run("Commit", func(t *testing.T) {
		t.Parallel()
		file, path := createReport(t)
		if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
			t.Errorf("before the commit: %q, %v", got, err)
		}
		if err := file.Commit(0o600); err != nil {
			t.Fatal(err)
		}
		file.Discard() // a deferred call comes after Commit
		wantFile(t, path, "new", 0o600)
	})
	t.Run("Discard", func(t *testing.T) {
		t.Parallel()
		file, path := createReport(t)
		file.Discard()
		wantFile(t, path, "old", 0o644)
	})
	t.Run("NoFolder", func(t *testing.T) {
		t.Parallel()
		file, err := CreateFile(filepath.Join(t.TempDir(), "nowhere", "report"))
		if err == nil {
			t.Error("no error")
		}
		file.Discard() // nil
	})
}
