package crashtest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// secrets are what no file may contain in clear text. They are long enough that random
// bytes, such as ciphertext, do not contain them.
var secrets = [][]byte{[]byte("ref7q_"), []byte("@example.com"), []byte("psk7q_")}

// searchDisk searches everything that was written.
func (k *soak) searchDisk() {
	roots := []string{k.folder}
	if k.cluster != nil {
		roots = append(roots, k.cluster.Folder())
	} else {
		k.searchCiphertext()
		roots = append(roots, filepath.Dir(k.file()))
	}
	var searched int64
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			found, n, err := searchFile(path, secrets)
			searched += n
			if found != "" {
				k.t.Errorf("%s contains %q", path, found)
			}
			return err
		})
		if err != nil {
			k.t.Error(err)
		}
	}
	k.t.Logf("searched %d kB on the disk", searched>>10)
	if searched < 100<<10 {
		k.t.Errorf("only %d bytes were searched", searched)
	}
}

// searchCiphertext checks that the files of SQLite contain nothing of those who are
// erased, not even ciphertext.
func (k *soak) searchCiphertext() {
	if err := k.store.Close(); err != nil {
		k.t.Error(err)
	}
	p := &pieces{map[[8]byte][][]byte{}}
	for _, c := range k.trade.subjects {
		if c.accepted == 0 {
			continue
		}
		for _, value := range k.trade.sealed[c.id] {
			p.add(k.t, value)
		}
	}
	if len(p.byStart) == 0 {
		k.t.Error("there is nothing to search for")
	}
	if n := p.in(k.files()); n > 0 {
		k.t.Errorf("%d pieces of ciphertext of erased customers are in the files", n)
	}
}

// searchFile returns a needle that a file contains, and its size.
func searchFile(path string, needles [][]byte) (found string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	const overlap = 64 // longer than any needle
	reader := bufio.NewReader(file)
	window := make([]byte, 0, 1<<20)
	for {
		n, err := io.ReadFull(reader, window[len(window):cap(window)])
		size += int64(n)
		window = window[:len(window)+n]
		for _, needle := range needles {
			if bytes.Contains(window, needle) {
				return string(needle), size, nil
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return "", size, nil
		}
		if err != nil {
			return "", size, err
		}
		window = append(window[:0], window[max(0, len(window)-overlap):]...)
	}
}

// The search must find what is there, wherever it is in a file.
func TestSearchFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, at := range []int{0, 1<<20 - 3, 1<<20 - 64 - 3, 3 << 20} {
		content := bytes.Repeat([]byte{'x'}, 3<<20)
		content = append(content[:at], append([]byte("ref7q_"), content[at:]...)...)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if found, _, err := searchFile(path, secrets); err != nil || found != "ref7q_" {
			t.Errorf("at %d: found %q, %v", at, found, err)
		}
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("ref7q"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, size, err := searchFile(path, secrets); err != nil || found != "" || size != 5<<20 {
		t.Errorf("found %q in %d bytes, %v", found, size, err)
	}
}

// remove deletes a file.
func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Error(err)
	}
}
