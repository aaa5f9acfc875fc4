package idlist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// delimiters are the delimiters that are found without a flag, the more usual first.
const delimiters = ",;\t|"

// table reads the rows of a table, of a CSV file or a sheet.
type table struct {
	rule    *Rule
	reading *Reading
	header  []string // normalized
	columns int      // with a name
	index   int      // of the column
}

// openTable reads the header of a CSV file.
func (r *Reader) openTable(lines *lineReader, f Format, separator string) error {
	r.reading.Kind = CSV
	delimiter := f.Delimiter
	switch {
	case delimiter == "tab":
		delimiter = "\t"
	case delimiter == "" && separator != "":
		delimiter = separator
	case delimiter == "":
		delimiter = r.findDelimiter(lines.sample(), f.Column)
	}
	r.reading.Delimiter = delimiter
	rows := &rowReader{lines: lines, delimiter: delimiter[0]}
	err := rows.next()
	var bad *rowError
	switch {
	case errors.Is(err, io.EOF):
		return &FormatError{Reason: "is empty: want a header with the names of the columns", Hint: "a CSV file with a header"}
	case errors.As(err, &bad):
		return &FormatError{rows.line, bad.reason, "a CSV file with a header"}
	case err != nil:
		return err
	}
	header, line := texts(rows.cells), rows.line
	t, err := r.newTable(header, line, f.Column)
	if err != nil {
		return r.explainHeader(err, rows, header, f)
	}
	r.next = func() (Record, error) { return t.nextRow(rows) }
	return nil
}

// explainHeader returns a better error for a first row in which no column was found, by the
// rows after it.
func (r *Reader) explainHeader(err error, rows *rowReader, header []string, f Format) error {
	first, named := rows.line, new(FormatError)
	const most = 10
	for i := 0; i < most && rows.next() == nil; i++ {
		row := texts(rows.cells)
		if i == 0 && alike(header, row) {
			return noHeader(first)
		}
		if r.isHeader(row, f.Column) {
			return headerBelow(rows.line)
		}
	}
	if len(header) == 1 && f.Delimiter != "" && errors.As(err, &named) {
		named.Hint = "the same without --delimiter, or with another one"
		return named
	}
	return err
}

// headerBelow is the error for a table that does not begin with its header.
func headerBelow(line int) error {
	return &FormatError{line, "looks like the header of a table, and is not its first row", "a copy of the file without what is above it"}
}

// isHeader reports whether a row has several cells, and one of them names the column.
func (r *Reader) isHeader(row []string, column string) bool {
	_, err := names{"column", row}.find(column, r.rule)
	return err == nil && len(row) > 1
}

func texts(cells [][]byte) []string {
	all := make([]string, len(cells))
	for i, cell := range cells {
		all[i] = string(bytes.TrimSpace(cell))
	}
	return all
}

// findDelimiter returns the delimiter with which a table has a column that fits, else the
// one with which its header has the most columns.
func (r *Reader) findDelimiter(sample []byte, column string) string {
	best, most, fits := delimiters[:1], 0, false
	for i := range len(delimiters) {
		rows := &rowReader{lines: newLineReader(bytes.NewReader(sample)), delimiter: delimiters[i]}
		if rows.next() != nil {
			continue
		}
		header := texts(rows.cells)
		_, err := names{"column", header}.find(column, r.rule)
		if found := err == nil; len(header) > 1 && (found && !fits || found == fits && len(header) > most) {
			best, most, fits = delimiters[i:i+1], len(header), found
		}
	}
	return best
}

// newTable finds the column in a header.
func (r *Reader) newTable(header []string, line int, column string) (*table, error) {
	index, err := names{"column", header}.find(column, r.rule)
	if err != nil {
		if lookLikeData(header) {
			return nil, noHeader(line)
		}
		err.Line = line
		return nil, err
	}
	r.reading.Column = header[index]
	t := &table{rule: r.rule, reading: &r.reading, index: index}
	for i, name := range header {
		if name != "" {
			t.columns = i + 1
		}
		t.header = append(t.header, normalize(name))
	}
	return t, nil
}

// noHeader is the error for a first row that is data, and is therefore not repeated.
func noHeader(line int) error {
	return &FormatError{
		line, "looks like a row of a table without a header: a table has to begin with the names of its columns",
		"a first line with a name for each column, and customer_id for that of the ids",
	}
}

// nextRow returns the record of the next row that is neither blank nor a comment.
func (t *table) nextRow(rows *rowReader) (Record, error) {
	for {
		err := rows.next()
		var bad *rowError
		switch {
		case errors.As(err, &bad):
			return Record{Line: rows.line, Err: bad}, nil
		case err != nil:
			return Record{}, err
		case rows.blank:
			t.reading.Blank++
		case len(rows.cells) == 1 && isComment(rows.cells[0]):
			t.reading.Comments++
		default:
			return t.record(rows.line, rows.cells), nil
		}
	}
}

// record returns the record of a row.
//
// A row with more cells than the header has a delimiter in a cell that is not quoted, and
// one with fewer has a line end in such a cell: in either, another cell may be where the
// id should be.
func (t *table) record(line int, cells [][]byte) Record {
	blankRest := len(cells) > t.columns && len(bytes.Join(cells[t.columns:], nil)) == 0
	switch {
	case t.index >= len(cells):
		return Record{Line: line, Err: fmt.Errorf("has no column %s: it has %s and the header %d", quoteName(t.reading.Column), count(len(cells), "cell", "cells"), t.columns)}
	case len(cells) < t.columns, len(cells) > t.columns && !blankRest:
		return Record{Line: line, Err: fmt.Errorf("has %s and the header %d: is a cell with a delimiter or a line end not quoted?", count(len(cells), "cell", "cells"), t.columns)}
	}
	return t.cell(line, string(cells[t.index]))
}

// cell returns the record of a cell in the column.
func (t *table) cell(line int, text string) Record {
	if t.rule.isUUID(text) {
		return Record{Line: line, ID: text}
	}
	if name := normalize(text); name != "" && slices.Contains(t.header, name) {
		return Record{Line: line, Err: fmt.Errorf("%s %w", t.rule.Name, errHeader)}
	}
	return t.rule.record(line, unguard(strings.TrimSpace(text)))
}
