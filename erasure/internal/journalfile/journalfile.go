// Package journalfile has what the journals of bulk and survey have in common as files:
// their lock, the header that a crash may have left incomplete, and their lines; and the
// temporary files in which ids are compared.
// Internal to this module.
package journalfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

const (
	// HeaderStart is how the header of each journal begins.
	HeaderStart = `{"version":`
	// MaxHeader bounds an incomplete header, in bytes. Nothing in it is long.
	MaxHeader = 4 << 10
)

// Lock locks a journal against other runs, and returns nil if one has it. The lock is on
// the name. The run that held it before may have removed or replaced the file that was
// opened here, so the name must still be that file's.
func Lock(path string, opened *os.File) *flock.Flock {
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY)) // by default, it creates what is missing
	locked, err := lock.TryLock()
	if err != nil || !locked {
		return nil
	}
	named, err1 := os.Lstat(path)
	ours, err2 := opened.Stat()
	if err1 != nil || err2 != nil || !os.SameFile(named, ours) {
		_ = lock.Unlock()
		return nil
	}
	return lock
}

// NeverStarted reports whether a file is a journal without a complete header: empty, cut
// off, or nothing but zeros. A power cut, or a kill at the right moment, leaves that.
func NeverStarted(file io.ReaderAt) bool {
	start := make([]byte, MaxHeader)
	n, err := file.ReadAt(start, 0)
	start = start[:n]
	if !errors.Is(err, io.EOF) || bytes.Contains(start, []byte("\n")) {
		return false
	}
	start = bytes.TrimRight(start, "\x00")
	common := min(len(start), len(HeaderStart))
	return string(start[:common]) == HeaderStart[:common]
}

// ReadLine reads a whole line, which is valid until the next one is read. It may be
// longer than the reader's buffer.
func ReadLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte(nil), line...)
	rest, err := reader.ReadBytes('\n')
	return append(long, rest...), err
}

// SyncFolder makes the name of a new file durable. Syncing the file alone does not: a
// power cut could remove its name, and with it the record of what was done.
func SyncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// ScratchFile returns a file without a name, if the system allows that: it disappears
// with the process, however that ends. The caller calls remove after closing it.
func ScratchFile(prefix string) (file *os.File, remove func(), err error) {
	if file, err = os.CreateTemp("", prefix); err != nil {
		return nil, nil, err
	}
	if os.Remove(file.Name()) == nil {
		return file, func() {}, nil
	}
	return file, func() { _ = os.Remove(file.Name()) }, nil
}
