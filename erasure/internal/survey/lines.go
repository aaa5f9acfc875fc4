package survey

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

// readHeader returns the header of a journal and the offset of its first result.
func readHeader(file *os.File) (h header, first int64, err error) {
	line, err := journalfile.ReadLine(bufio.NewReader(io.NewSectionReader(file, 0, math.MaxInt64)))
	h, ok := parseHeader(line)
	if err != nil || !ok {
		return header{}, 0, &bulk.JournalError{Path: file.Name(), Reason: "is not a journal of this program", Hint: "another name"}
	}
	return h, int64(len(line)), nil
}

// readResults calls yield with the results from an offset on. It returns how many lines
// there are, those without a result included.
func readResults(file *os.File, from int64, yield func(Result) error) (lines int, err error) {
	reader := bufio.NewReaderSize(io.NewSectionReader(file, from, math.MaxInt64-from), 64<<10)
	for at := from; ; lines++ {
		r, n, err := nextResult(reader, file.Name(), at)
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		at += int64(n)
		if r.ID == "" {
			continue
		}
		if err := yield(r); err != nil {
			return lines, err
		}
	}
}

// nextResult reads a line that begins at an offset, and returns its length. A crash leaves
// two kinds of line without a result: one without its line end was cut off, and one with
// zeros in it was not on disk yet.
func nextResult(reader *bufio.Reader, path string, at int64) (r Result, length int, err error) {
	line, err := journalfile.ReadLine(reader)
	switch {
	case errors.Is(err, io.EOF) && len(line) > 0:
		return Result{}, len(line), nil
	case err != nil:
		return Result{}, 0, err
	case bytes.IndexByte(line, 0) >= 0:
		return Result{}, len(line), nil
	}
	if r, err = parseResult(line); err != nil {
		return Result{}, 0, &bulk.JournalError{
			Path: path, Reason: fmt.Sprintf("%v at byte %d", err, at), Hint: "moving it away, to ask about everybody again",
		}
	}
	return r, len(line), nil
}
