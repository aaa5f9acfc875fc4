package idlist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// rowReader reads the rows of a CSV file (RFC 4180, with any delimiter and line end).
// encoding/csv does not count the lines that it skips, and takes a CR for a part of a cell.
type rowReader struct {
	lines     *lineReader
	delimiter byte

	cells   [][]byte // of the row that was read last
	line    int      // where it begins
	blank   bool     // it has nothing but delimiters and spaces
	long    []byte   // a row of several lines
	decoded []byte   // what quoted cells contain
}

// rowError says why a row cannot be read. The rows after it can be.
type rowError struct{ reason string }

func (e *rowError) Error() string { return e.reason }

// formula begins a cell such as ="123": programs write that so that a spreadsheet does not
// take the text for a number.
var formula = []byte("=")

var (
	errQuoteInside = &rowError{"has a quote inside of a cell that is not quoted"}
	errAfterQuote  = &rowError{"has a cell that goes on after its closing quote"}
)

// next reads the next row. Its cells are valid until the next call. It returns a
// [*rowError] if only this row is at fault, and io.EOF at the end.
func (r *rowReader) next() error {
	line, err := r.lines.next()
	if err != nil {
		return err
	}
	r.line = r.lines.n
	r.cells = r.cells[:0]
	if bytes.IndexByte(line, '"') < 0 {
		r.split(line)
		return nil
	}
	r.blank = false
	r.long = append(r.long[:0], line...)
	if complete, err := r.parse(r.long); err != nil || complete {
		return err
	}
	return r.continued()
}

// continued reads the other lines of a row with a quote that is still open. The row may be
// complete where it has an even number of quotes; only there it is parsed again, so that
// the time is not quadratic.
func (r *rowReader) continued() error {
	quotes := bytes.Count(r.long, []byte{'"'})
	for {
		line, err := r.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return r.unclosed()
		case err != nil:
			return err
		case len(r.long)+len(line) > MaxLine:
			return &FormatError{r.line, fmt.Sprintf("has a record of more than %d KiB: perhaps a quote is not closed", MaxLine>>10), "fix it and run again"}
		}
		r.long = append(append(r.long, '\n'), line...)
		if quotes += bytes.Count(line, []byte{'"'}); quotes%2 != 0 {
			continue
		}
		if complete, err := r.parse(r.long); err != nil || !complete {
			return r.unclosed() // it may have been closed anywhere before
		}
		return nil
	}
}

func (r *rowReader) unclosed() error {
	return &FormatError{r.line, "a quote is opened and not closed properly", "fix it and run again"}
}

// split splits a row without quotes.
func (r *rowReader) split(line []byte) {
	r.blank = true
	for {
		i := bytes.IndexByte(line, r.delimiter)
		cell := line
		if i >= 0 {
			cell = line[:i]
		}
		cell = bytes.TrimSpace(cell)
		r.blank = r.blank && len(cell) == 0
		r.cells = append(r.cells, cell)
		if i < 0 {
			return
		}
		line = line[i+1:]
	}
}

// parse splits a row with quotes. It reports whether the row is complete.
func (r *rowReader) parse(row []byte) (complete bool, err error) {
	r.cells = r.cells[:0]
	r.decoded = r.decoded[:0]
	for {
		rest := bytes.TrimPrefix(bytes.TrimLeft(row, " "), formula)
		if len(rest) == 0 || rest[0] != '"' { // nothing was removed if it has no quote
			i := bytes.IndexByte(row, r.delimiter)
			cell := row
			if i >= 0 {
				cell = row[:i]
			}
			if bytes.IndexByte(cell, '"') >= 0 {
				return false, errQuoteInside
			}
			r.cells = append(r.cells, bytes.TrimSpace(cell))
			if i < 0 {
				return true, nil
			}
			row = row[i+1:]
			continue
		}
		after, closed := r.quoted(rest[1:])
		if !closed {
			return false, nil
		}
		after = bytes.TrimLeft(after, " ")
		if len(after) == 0 {
			return true, nil
		}
		if after[0] != r.delimiter {
			return false, errAfterQuote
		}
		row = after[1:]
	}
}

// quoted adds a cell up to its closing quote, and returns what follows that.
func (r *rowReader) quoted(text []byte) (after []byte, closed bool) {
	from := len(r.decoded)
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			return nil, false
		}
		r.decoded = append(r.decoded, text[:i]...)
		text = text[i+1:]
		if len(text) == 0 || text[0] != '"' {
			r.cells = append(r.cells, bytes.TrimSpace(r.decoded[from:]))
			return text, true
		}
		r.decoded = append(r.decoded, '"')
		text = text[1:]
	}
}
