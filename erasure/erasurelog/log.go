package erasurelog

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// Log is the part of a log that a database needs: one file or several that follow each
// other, all checked.
type Log struct {
	// Database is that of the headers.
	Database string
	// Last is the number of the last change; 0 for an export.
	Last int64
	// Open reports whether the last file has no end: a log that is still written, or
	// whose last lines were cut off with the line ends.
	Open  bool
	paths []string
	final map[string]int64 // the number of each erasure's last change
}

// Load checks the log at a path as far as a database needs that is at position after:
// an export, or a part and those before it. It yields nothing yet. A file that another
// user owns or could write to is an error: it decides whom to erase.
func Load(path string, after int64) (*Log, error) {
	l := &Log{final: map[string]int64{}}
	file, err := l.check(path)
	if err != nil {
		return nil, err
	}
	l.Database, l.Last, l.Open = file.Header.Database, file.Last, !file.Complete
	if file.Header.Kind == KindExport {
		if l.Last = 0; !file.Complete {
			return nil, fmt.Errorf("%s: is cut short: it has no end", path)
		}
		return l, nil
	}
	base := strings.TrimSuffix(path, "."+strconv.Itoa(file.Header.Part))
	for file.Header.After > after {
		earlier := PartPath(base, file.Header.Part-1)
		before, err := l.check(earlier)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s is missing: the database has changes up to number %d, and %s begins after number %d",
				earlier, after, l.paths[0], file.Header.After)
		case err != nil:
			return nil, err
		case before.sum != file.Header.Before || before.Last != file.Header.After:
			return nil, fmt.Errorf("%s is not the part before %s: changes between them are missing", earlier, l.paths[1])
		}
		file = before
	}
	return l, nil
}

// check reads a file without using it, and puts it before those that it knows.
func (l *Log) check(path string) (File, error) {
	file, err := read(path, func(c erasure.Change) error {
		l.final[c.ID] = max(l.final[c.ID], c.N)
		return nil
	})
	l.paths = append([]string{path}, l.paths...)
	return file, err
}

// Erasures is the number of different erasures.
func (l *Log) Erasures() int { return len(l.final) }

// Each calls yield with the last change of every erasure.
func (l *Log) Each(yield func(erasure.Change) error) error {
	n := 0
	for _, path := range l.paths {
		_, err := read(path, func(c erasure.Change) error {
			if l.final[c.ID] != c.N {
				return nil // changed again later, or written since Load
			}
			n++
			return yield(c)
		})
		if err != nil {
			return err
		}
	}
	if n < len(l.final) {
		return errors.New("the erasure log was replaced while it was read: apply it again")
	}
	return nil
}

func read(path string, yield func(erasure.Change) error) (File, error) {
	in, err := ownfile.OpenToRead(path)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = in.Close() }()
	file, err := Read(in, yield)
	if damaged := (*DamagedError)(nil); errors.As(err, &damaged) {
		damaged.File = path
	}
	return file, err
}

// Head returns the header of a file, and the number of its last change.
func Head(path string) (Header, int64, error) {
	file, err := read(path, nil)
	return file.Header, file.Last, err
}
