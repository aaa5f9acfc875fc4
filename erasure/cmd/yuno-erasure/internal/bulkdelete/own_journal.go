package bulkdelete

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// ownJournal is the journal of ids from the command line without --journal, with a name
// that the command has chosen. It may be the only record of the run, so it is where people
// find it.
type ownJournal struct {
	path   string
	folder string // a temporary one of its own; "" if it is kept
}

// newOwnJournal creates an empty file with a new name, in the current folder or, if that
// cannot be written to, among the temporary files.
func newOwnJournal(now time.Time) (*ownJournal, error) {
	name := "yuno-erasure-" + now.UTC().Format("20060102T150405Z")
	var failure error
	for _, folder := range []string{"", os.TempDir()} {
		path, err := createNew(filepath.Join(folder, name), ".journal")
		if err == nil {
			return &ownJournal{path: path}, nil
		}
		failure = err
	}
	return nil, fmt.Errorf("creating the journal: %w", failure)
}

// passingJournal is for a dry run, which leaves nothing.
func passingJournal() (*ownJournal, error) {
	folder, err := os.MkdirTemp("", "yuno-erasure-delete-")
	return &ownJournal{filepath.Join(folder, "journal"), folder}, err
}

// createNew creates an empty file whose name begins and ends so.
func createNew(start, end string) (path string, err error) {
	path = start + end
	for n := 2; ; n++ {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			return path, file.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		path = fmt.Sprintf("%s-%d%s", start, n, end)
	}
}

// remove removes the journal, and the look-ups beside it. It may be nil.
func (o *ownJournal) remove() {
	switch {
	case o == nil:
	case o.folder != "":
		_ = os.RemoveAll(o.folder)
	default:
		_ = os.Remove(o.path)
		_ = os.Remove(lookUpPath(o.path))
	}
}

// isFinal reports whether another run could not change any outcome.
func isFinal(s bulk.Summary) bool {
	return s.Failed+s.Unsettled+s.UnlistedUnsettled+s.Invalid+s.NotSent == 0
}
