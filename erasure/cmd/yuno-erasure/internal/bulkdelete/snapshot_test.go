package bulkdelete

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// snapshotOf returns a snapshot of a new file that was read once.
func snapshotOf(t *testing.T, text string) *snapshot {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ids.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	s := newSnapshot(path, file)
	if got, err := readAgain(t, s); err != nil || got != text {
		t.Fatalf("read %.20q the first time, %v", got, err)
	}
	return s
}

func readAgain(t *testing.T, s *snapshot) (string, error) {
	t.Helper()
	in, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(in)
	return string(got), err
}

// What is read again is what was read first, or an error.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	const block = snapshotBlock
	for _, n := range []int{0, 1, 2, block - 1, block, block + 1, 3*block - 1, 3 * block} {
		text := strings.Repeat("0123456\n", n/8+1)[:n]
		s := snapshotOf(t, text)
		for range 2 {
			if got, err := readAgain(t, s); err != nil || got != text {
				t.Errorf("%d bytes: %d, %v", n, len(got), err)
			}
			checkReadAt(t, s, text)
		}
		if n == 0 {
			continue
		}
		for _, at := range []int{0, n / 2, n - 1} {
			s := snapshotOf(t, text)
			changed := []byte(text)
			changed[at] ^= 1
			then := time.Now().Add(-time.Hour)
			if err := errors.Join(os.WriteFile(s.path, changed, 0o600), os.Chtimes(s.path, then, then)); err != nil {
				t.Fatal(err)
			}
			got, err := readAgain(t, s)
			if !errors.As(err, new(*changedError)) || len(got) > at || !strings.HasPrefix(text, got) {
				t.Errorf("%d bytes, changed at %d: read %d, %v", n, at, len(got), err)
			}
		}
		s = snapshotOf(t, text)
		if err := os.Truncate(s.path, int64(n-1)); err != nil {
			t.Fatal(err)
		}
		if got, err := readAgain(t, s); !errors.As(err, new(*changedError)) || !strings.HasPrefix(text, got) {
			t.Errorf("%d bytes, shortened: read %d, %v", n, len(got), err)
		}
	}
}

// checkReadAt checks that a snapshot can be read at any place, and no further.
func checkReadAt(t *testing.T, s *snapshot, text string) {
	t.Helper()
	in, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []int{0, len(text) / 3, len(text) - 1, snapshotBlock - 1, snapshotBlock} {
		if from < 0 || from > len(text) {
			continue
		}
		got, err := io.ReadAll(io.NewSectionReader(in.(io.ReaderAt), int64(from), int64(len(text))))
		if err != nil || string(got) != text[from:] {
			t.Errorf("from %d of %d: read %d, %v", from, len(text), len(got), err)
		}
	}
}

// What is added to a list is not read, and does not keep anybody from being sent; unless it
// continues the last line, which is another id then.
func TestSnapshotOfAFileThatGrows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, more, news string }{
		{"OneLine", "c0\n", "c1\n", "1 line was added to FILE after it was checked, and not sent"},
		{"Lines", "c0\n", "c1\r\n\r\n  \nc2\r\nc3", "3 lines were added to FILE after it was checked, and not sent"},
		{"UTF16", "c\x000\x00\r\x00\n\x00", "c\x001\x00\r\x00\n\x00", "1 line was added to FILE after it was checked, and not sent"},
		{"LineEndFirst", "c0", "\nc1", "1 line was added to FILE after it was checked, and not sent"},
		{"LineEndFirstUTF16", "c\x000\x00", "\n\x00c\x001\x00", "1 line was added to FILE after it was checked, and not sent"},
		{"OldMac", "c0\r", "c1\rc2\r", "2 lines were added to FILE after it was checked, and not sent"},
		{"LineEnds", "c0\n", "\n\n", "FILE has grown since it was checked, and what was added was not sent"},
		{"Gzip", "\x1f\x8bxx\n", "\x1f\x8byy\n", "FILE has grown since it was checked, and what was added was not sent"},
		{"Nothing", "c0\n", "", ""},
		{"FullBlocks", strings.Repeat("0123456\n", 2*snapshotBlock/8), "c1\n", "1 line was added to FILE after it was checked, and not sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := snapshotOf(t, c.text)
			if err := os.WriteFile(s.path, []byte(c.text+c.more), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := readAgain(t, s); err != nil || got != c.text {
				t.Errorf("read %.20q, %v", got, err)
			}
			if got := strings.Replace(s.news(), s.path, "FILE", 1); got != c.news {
				t.Errorf("%q, want %q", got, c.news)
			}
		})
	}
	t.Run("InTheLastLine", func(t *testing.T) {
		t.Parallel()
		s := snapshotOf(t, "c0\nc1")
		if err := os.WriteFile(s.path, []byte("c0\nc12\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readAgain(t, s); got != "" || !errors.As(err, new(*changedError)) || !strings.Contains(err.Error(), "has a longer last line") {
			t.Errorf("read %q, %v", got, err)
		}
	})
	t.Run("Replaced", func(t *testing.T) {
		t.Parallel()
		s := snapshotOf(t, "c0\n")
		other := filepath.Join(t.TempDir(), "other")
		if err := errors.Join(os.WriteFile(other, []byte("c1\n"), 0o600), os.Rename(other, s.path)); err != nil {
			t.Fatal(err)
		}
		if got, err := readAgain(t, s); err != nil || got != "c0\n" || !strings.Contains(s.news(), "was replaced by another file") {
			t.Errorf("read %q, %v, %q", got, err, s.news())
		}
	})
	t.Run("WhileItIsReadAgain", func(t *testing.T) {
		t.Parallel()
		text := strings.Repeat("0123456\n", 3*snapshotBlock/8)
		s := snapshotOf(t, text)
		in, err := s.open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.path, bytes.ToUpper([]byte(strings.Replace(text, "0", "x", -1))), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(in); !errors.As(err, new(*changedError)) || "0"+string(got) != text[:snapshotBlock] {
			t.Errorf("read %d, %v", len(got), err)
		}
	})
}
