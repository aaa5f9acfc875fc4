// Package ownfolder makes folders for tests of files that other users must not write to.
// For tests only.
package ownfolder

import (
	"os"
	"path/filepath"
	"testing"
)

// New returns a new folder with mode 0700. That of [testing.T.TempDir] may be written to by
// the group, if the umask says so.
func New(t testing.TB) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "own")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}
