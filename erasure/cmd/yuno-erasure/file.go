package main

import (
	"io/fs"
	"os"
	"path/filepath"
)

// pendingFile is a file that appears under its name all at once: a reader sees
// the old content or the new, and a full disk leaves the old.
type pendingFile struct {
	path string
	tmp  *os.File
}

// createFile opens a file beside path. It fails where path cannot be written.
func createFile(path string) (*pendingFile, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return nil, err
	}
	return &pendingFile{path, tmp}, nil
}

// commit writes the content and gives the file its name.
func (f *pendingFile) commit(content []byte, mode fs.FileMode) error {
	_, err := f.tmp.Write(content)
	if err == nil {
		err = f.tmp.Chmod(mode)
	}
	if closeErr := f.tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.tmp.Name(), f.path)
}

// discard removes what was not committed. A nil file has nothing to remove.
func (f *pendingFile) discard() {
	if f != nil {
		_ = f.tmp.Close()
		_ = os.Remove(f.tmp.Name()) // gone already after a commit
	}
}
