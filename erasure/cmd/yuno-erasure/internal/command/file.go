package command

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// PendingFile is a file that appears under its name all at once: a reader sees the
// old content or the new, and a full disk leaves the old.
type PendingFile struct {
	path      string
	tmp       *os.File
	committed bool
}

// CreateFile creates a temporary file beside path, to be renamed to it by
// [PendingFile.Commit]. It fails if the folder of path cannot be written to.
func CreateFile(path string) (*PendingFile, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		var failure *fs.PathError
		if errors.As(err, &failure) {
			failure.Path = path // the user knows no other name
		}
		return nil, err
	}
	return &PendingFile{path: path, tmp: tmp}, nil
}

// Write implements [io.Writer].
func (f *PendingFile) Write(p []byte) (int, error) { return f.tmp.Write(p) }

// Sync makes what was written survive a power cut.
func (f *PendingFile) Sync() error { return f.tmp.Sync() }

// Commit gives the file its name. An existing file of that name is replaced.
func (f *PendingFile) Commit(mode fs.FileMode) error {
	err := f.tmp.Chmod(mode)
	if closeErr := f.tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.tmp.Name(), f.path); err != nil {
		return err
	}
	f.committed = true
	return nil
}

// Committed reports whether the file has its name.
func (f *PendingFile) Committed() bool { return f.committed }

// Discard removes the file unless it was committed. On a nil *PendingFile it does
// nothing.
func (f *PendingFile) Discard() {
	if f != nil {
		_ = f.tmp.Close()
		_ = os.Remove(f.tmp.Name()) // does not exist after Commit
	}
}
