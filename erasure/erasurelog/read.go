package erasurelog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/yuno-community/yuno-customers/erasure"
)

// maxLine is more than the longest line has: 64 targets.
const maxLine = 1 << 20

// File is what [Read] found in a file.
type File struct {
	Header Header
	// Last is the number of the last change; Header.After if there is none.
	Last    int64
	Changes int
	// Complete reports whether the file has its end.
	Complete bool
	// Torn reports whether something follows the last whole line: a write that a crash or
	// a copy has cut short. Size is without that.
	Torn bool
	Size int64
	sum  string // of the last line
}

// DamagedError means that a line is not as it was written.
type DamagedError struct {
	File string // its path; empty if it has none
	Line int
	Err  error
}

func (e *DamagedError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns the reason.
func (e *DamagedError) Unwrap() error { return e.Err }

// Read reads a whole file and calls yield for each change. It checks every line before it
// yields it, but what is wrong further down is found later: read a file once without
// yield before using it. The error is a [*DamagedError] if the content is at fault.
func Read(r io.Reader, yield func(erasure.Change) error) (f File, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		text, err := readLine(lines)
		switch {
		case errors.Is(err, io.EOF) && len(text) == 0 && n > 1:
			return f, nil
		case errors.Is(err, io.EOF) && n > 1, err == nil && n > 1 && bytes.IndexByte(text, 0) >= 0:
			// After a power cut, a file system may have zeros for parts of the last write.
			f.Torn = true
			return f, nil
		case errors.Is(err, io.EOF):
			return f, &DamagedError{Line: n, Err: errors.New("is cut short: the file has no header")}
		case err != nil:
			return f, err
		}
		if err := f.add(text, n, yield); err != nil {
			return f, err
		}
	}
}

// add checks one line and adds it to what is known of the file.
func (f *File) add(text []byte, n int, yield func(erasure.Change) error) error {
	damaged := func(err error) error { return &DamagedError{Line: n, Err: err} }
	l, sum, err := parseLine(text, f.sum)
	switch {
	case err != nil:
		return damaged(err)
	case (l.Header != nil) != (n == 1):
		return damaged(errors.New("the header must be the first line"))
	case f.Complete:
		return damaged(errors.New("follows the end"))
	case l.Header != nil && l.Header.Version != version:
		return damaged(fmt.Errorf("has version %d of the format, and this program knows version %d", l.Header.Version, version))
	case l.Header != nil:
		f.Header, f.Last = *l.Header, l.Header.After
	case l.End != nil && l.End.Changes != f.Changes:
		return damaged(fmt.Errorf("%d changes were written, and the file has %d", l.End.Changes, f.Changes))
	case l.End != nil:
		f.Complete = true
	case l.Change.N <= f.Last:
		return damaged(errors.New("is out of order"))
	case !l.Change.complete():
		return damaged(errors.New("has a state that this program does not know, or no id"))
	default:
		f.Changes++
		f.Last = l.Change.N
	}
	f.sum = sum
	f.Size += int64(len(text))
	if l.Change == nil || yield == nil {
		return nil
	}
	return yield(l.Change.erasure())
}

// readLine returns a line with its line feed.
func readLine(r *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		if long == nil && err == nil {
			return part, nil
		}
		long = append(long, part...)
		switch {
		case len(long) > maxLine:
			return nil, errors.New("a line is too long for an erasure log")
		case !errors.Is(err, bufio.ErrBufferFull):
			return long, err
		}
	}
}
