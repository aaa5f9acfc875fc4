package bulk

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// csvRecords reads one column of a CSV file.
type csvRecords struct {
	reader  *csv.Reader
	limited *recordLimit
	column  string
	index   int // of the column
	line    int // of the row read last
}

func newCSVScanner(in io.Reader, column string) (*recordScanner, error) {
	limited := &recordLimit{r: in}
	reader := csv.NewReader(limited)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	c := &csvRecords{reader: reader, limited: limited, column: column}
	if err := c.readHeader(); err != nil {
		return nil, err
	}
	return &recordScanner{next: c.next}, nil
}

// readHeader finds the column.
func (c *csvRecords) readHeader() error {
	header, err := c.readRow()
	if errors.Is(err, io.EOF) {
		return &FormatError{Reason: "is empty: want a header with the names of the columns", Hint: "a CSV file with a header"}
	}
	if err != nil {
		return csvError(err)
	}
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.TrimSpace(name)
	}
	c.index = slices.Index(names, c.column)
	c.line, _ = c.reader.FieldPos(0)
	switch {
	case c.index < 0:
		return &FormatError{c.line, fmt.Sprintf("has no column %q among the %d that it names", c.column, len(names)), "--column with a name exactly as in the first line; columns are separated by commas"}
	case slices.Contains(names[c.index+1:], c.column):
		return fmt.Errorf("has more than one column %q", c.column)
	}
	return nil
}

// next returns the record of the next row.
func (c *csvRecords) next() (Record, error) {
	fields, err := c.readRow()
	var tooLong *FormatError
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return Record{}, io.EOF
	case errors.As(err, &tooLong):
		tooLong.Line = c.line + 1
		return Record{}, tooLong
	case errors.As(err, &parse) && parse.StartLine != parse.Line: // the quote may span the rest of the file
		return Record{}, &FormatError{parse.StartLine, "a quote is opened and not closed properly", "fix it and run again"}
	case errors.As(err, &parse):
		return Record{Line: parse.Line, Err: parse.Err}, nil
	case err != nil:
		return Record{}, err
	}
	c.line, _ = c.reader.FieldPos(0)
	if c.index >= len(fields) {
		return Record{Line: c.line, Err: fmt.Errorf("has no column %q", c.column)}, nil
	}
	return Record{Line: c.line, ID: strings.TrimSpace(fields[c.index])}, nil
}

// readRow returns the fields of the next row that is not a comment. A row that begins
// with # is a comment only if it has a single field: a customer may be called
// "#1 Store", and no id contains a #.
func (c *csvRecords) readRow() ([]string, error) {
	for {
		c.limited.left = maxLine
		fields, err := c.reader.Read()
		if err != nil || len(fields) != 1 || !strings.HasPrefix(fields[0], "#") {
			return fields, err
		}
	}
}

func csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &FormatError{parse.Line, parse.Err.Error(), "a CSV file with a header"}
	}
	return err
}

// recordLimit keeps a quote that is never closed from reading the rest of the file into
// memory.
type recordLimit struct {
	r    io.Reader
	left int // bytes until the record is too long
}

// Read implements [io.Reader].
func (l *recordLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, &FormatError{Reason: fmt.Sprintf("has a record of more than %d KiB: perhaps a quote is not closed", maxLine>>10), Hint: "fix it and run again"}
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
