package bulkdelete

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A file that changes after it was checked is read no further, whether its size or its
// time has changed.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		text string
		by   time.Duration
	}{
		"SameSize": {"c1\n", time.Second},
		"SameTime": {"c0\nc1\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := writeIDs(t)
			then := time.Now().Add(-time.Hour)
			if err := os.Chtimes(file, then, then); err != nil {
				t.Fatal(err)
			}
			opened := openInput(t, file)
			if err := os.WriteFile(file, []byte(change.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, then, then.Add(change.by)); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(opened()); len(got) > 0 || err == nil {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
	t.Run("WhileItIsRead", func(t *testing.T) {
		t.Parallel()
		file := writeIDs(t)
		in := openInput(t, file)()
		if got, err := in.Read(make([]byte, 1)); got != 1 || err != nil {
			t.Errorf("read %d, %v", got, err)
		}
		if err := os.WriteFile(file, []byte("c0\nc1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(in); len(got) > 0 || err == nil ||
			!strings.Contains(err.Error(), "was changed after it was checked") {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

// writeIDs writes a file with one id.
func writeIDs(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ids.txt")
	if err := os.WriteFile(path, []byte("c0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openInput checks a file, and returns a function that reads it again.
func openInput(t *testing.T, file string) func() io.Reader {
	t.Helper()
	in, err := inputOfFile(file, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.close)
	return func() io.Reader {
		opened, err := in.open()
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
}
