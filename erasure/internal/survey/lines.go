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
)

// readHeader returns the header of a journal and the offset of its first result.
func readHeader(file *os.File) (h header, first int64, err error) {
	line, err := readLine(bufio.NewReader(io.NewSectionReader(file, 0, math.MaxInt64)))
	h, ok := parseHeader(line)
	if err != nil || !ok {
		return header{}, 0, &bulk.JournalError{Path: file.Name(), Reason: "is not a journal of this program", Hint: "another name"}
	}
	return h, int64(len(line)), nil
}

// readResults calls yield with the results from an offset on. It skips two kinds of line
// that a crash leaves: one without its line end was cut off, and one with zeros in it was
// not on disk yet. It returns how many lines there are, those it skips included.
func readResults(file *os.File, from int64, yield func(Result) error) (lines int, err error) {
	reader := bufio.NewReaderSize(io.NewSectionReader(file, from, math.MaxInt64-from), 64<<10)
	at := from
	for {
		line, err := readLine(reader)
		if errors.Is(err, io.EOF) {
			if len(line) > 0 {
				lines++
			}
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		lines++
		start := at
		at += int64(len(line))
		if bytes.IndexByte(line, 0) >= 0 {
			continue
		}
		r, err := parseResult(line)
		if err != nil {
			return lines, &bulk.JournalError{
				Path: file.Name(), Reason: fmt.Sprintf("%v at byte %d", err, start),
				Hint: "moving it away, to ask about everybody again",
			}
		}
		if err := yield(r); err != nil {
			return lines, err
		}
	}
}

// readLine reads a whole line, which is valid until the next one is read. It may be longer
// than the reader's buffer.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte(nil), line...)
	rest, err := reader.ReadBytes('\n')
	return append(long, rest...), err
}
