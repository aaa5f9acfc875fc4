package idlist

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/textfile"
)

// Options say how a list is read.
type Options struct {
	Format Format
	// Rule is what an id is. Defaults to the rule of the format.
	Rule *Rule
	// At reads the same list at any place, which a workbook requires. NewReader takes it
	// from the list itself if that has a method ReadAt.
	At io.ReaderAt
}

// Reader reads the ids of a list. It is used like a [bufio.Scanner].
type Reader struct {
	rule       *Rule
	reading    Reading
	compressed *textfile.Unpacked
	next       func() (Record, error)
	record     Record
	n          int // records read
	err        error
}

// NewReader reads what precedes the first record: the header of a table, or the first
// lines, to find out what kind of list it is. Its errors and the reader's are a
// [*FormatError] if the content is at fault.
//
// NewReader reads a workbook to its end, and then by At.
func NewReader(in io.Reader, o Options) (*Reader, error) {
	if err := o.Format.Validate(); err != nil {
		return nil, err
	}
	if o.Rule == nil {
		o.Rule = o.Format.Rule()
	}
	if o.At == nil {
		o.At, _ = in.(io.ReaderAt)
	}
	r := &Reader{rule: o.Rule}
	buffered := bufio.NewReaderSize(in, bufferSize)
	start, _ := buffered.Peek(textfile.Start)
	if textfile.IsZip(start) {
		if err := r.openWorkbook(buffered, start, o); err != nil {
			return nil, err
		}
		return r, nil
	}
	if o.Format.Sheet != "" {
		return nil, &FormatError{Reason: "is not an Excel workbook (xlsx), which --sheet is for", Hint: "the same without --sheet"}
	}
	text, err := openText(buffered, o.Format.Encoding)
	if err != nil {
		return nil, err
	}
	r.compressed = text.compressed
	if text.compressed != nil {
		r.reading.Compressed = "gzip"
	}
	r.reading.Encoding = text.encoding
	if err := r.openLines(text.lines, o.Format); err != nil {
		return nil, err
	}
	return r, nil
}

// openLines finds out what kind of list a text is, by its first line that is no comment.
func (r *Reader) openLines(lines *lineReader, f Format) error {
	separator, first, err := r.preamble(lines)
	if err != nil {
		return err
	}
	switch {
	case f.Column != "", f.Delimiter != "", separator != "":
		return r.openTable(lines, f, separator)
	case bytes.HasPrefix(first, []byte("[")):
		return r.openArray(lines, f.Field)
	case f.Field != "", bytes.HasPrefix(first, []byte("{")):
		return r.openObjects(lines, f.Field)
	case isTable(first), r.rule.namesColumn(string(first)):
		return r.openTable(lines, f, "")
	}
	if below := r.tableBelow(lines); below > 0 {
		return headerBelow(below)
	}
	r.reading.Kind = Lines
	r.next = r.nextLine(lines)
	return nil
}

// tableBelow returns the line in which a table begins below a title, which would be taken
// for the first id; or 0.
func (r *Reader) tableBelow(lines *lineReader) int {
	const most = 10
	peek := newLineReader(bytes.NewReader(lines.sample()))
	for peek.n < most {
		line, err := peek.next()
		if err != nil {
			return 0
		}
		for i := range len(delimiters) {
			rows := &rowReader{lines: newLineReader(bytes.NewReader(line)), delimiter: delimiters[i]}
			if isTable(line) && rows.next() == nil && r.isHeader(texts(rows.cells), "") {
				return lines.n + peek.n
			}
		}
	}
	return 0
}

// preamble skips the comments and blank lines that a list begins with, and the line
// "sep=;" before them, which tells Excel the delimiter. It returns that delimiter and the
// first line after that, which it does not skip.
func (r *Reader) preamble(lines *lineReader) (separator string, first []byte, err error) {
	for {
		// An array may be one line, and longer than a line may be.
		if start := bytes.TrimLeft(lines.sample(), " \t"); bytes.HasPrefix(start, []byte("[")) {
			return separator, start[:1], nil
		}
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return separator, nil, nil
		}
		if err != nil {
			return "", nil, err
		}
		content := bytes.TrimSpace(line)
		delimiter, isSeparator := bytes.CutPrefix(bytes.ToLower(line), []byte("sep="))
		switch {
		case lines.n == 1 && isSeparator && isDelimiter(string(delimiter)):
			separator = string(delimiter)
		case len(content) == 0:
			r.reading.Blank++
		case isComment(content):
			r.reading.Comments++
		default:
			lines.unread()
			return separator, content, nil
		}
	}
}

// nextLine returns a function that returns the record of the next line.
func (r *Reader) nextLine(lines *lineReader) func() (Record, error) {
	return func() (Record, error) {
		text, err := r.nextContent(lines)
		if err != nil {
			return Record{}, err
		}
		return r.rule.record(lines.n, string(text)), nil
	}
}

// nextContent returns the next line that is neither blank nor a comment, without the space
// around it.
func (r *Reader) nextContent(lines *lineReader) ([]byte, error) {
	for {
		line, err := lines.next()
		if err != nil {
			return nil, err
		}
		text := bytes.TrimSpace(line)
		switch {
		case len(text) == 0:
			r.reading.Blank++
		case isComment(text):
			r.reading.Comments++
		default:
			return text, nil
		}
	}
}

// isTable reports whether a line is a row of a table: it has a delimiter or a quote.
func isTable(line []byte) bool { return bytes.ContainsAny(line, delimiters+`"`) }

// Scan advances to the next record. It returns false at the end and on an error.
func (r *Reader) Scan() bool {
	r.record, r.err = r.next()
	if r.err == nil {
		r.err = r.checkExpansion()
	}
	if r.err != nil {
		return false
	}
	r.record.N = r.n
	r.n++
	return true
}

// checkExpansion rejects gzip data that has more records than bytes. An id takes two bytes
// or more, even in a list of successive numbers. Without the limit, a small file could fill
// memory and disk with what is kept for each record.
func (r *Reader) checkExpansion() error {
	const always = 1 << 20 // records
	if r.compressed != nil && r.n >= always && int64(r.n) > r.compressed.Compressed() {
		return &FormatError{Reason: "the gzip data has more lines than bytes: it is not a list of ids", Hint: "gunzip, to see what it is"}
	}
	return nil
}

// Record returns the record that Scan advanced to.
func (r *Reader) Record() Record { return r.record }

// Count returns how many records Scan has advanced to.
func (r *Reader) Count() int { return r.n }

// Err returns why the list could not be read to its end, or nil.
func (r *Reader) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// Reading returns how the list is read. Its counts are those of the lines so far.
func (r *Reader) Reading() Reading { return r.reading }

// Resolved returns the format that was asked for, with what was found out: reading the
// same list with it finds the same records.
func (r *Reader) Resolved(asked Format) Format {
	asked.Encoding, asked.Delimiter = r.reading.Encoding, r.reading.Delimiter
	asked.Column, asked.Field, asked.Sheet = r.reading.Column, r.reading.Field, r.reading.Sheet
	return asked
}

// Each calls yield with every record of a list and returns its first error, or why the
// list could not be read.
func Each(in io.Reader, o Options, yield func(Record) error) error {
	r, err := NewReader(in, o)
	if err != nil {
		return err
	}
	for r.Scan() {
		if err := yield(r.Record()); err != nil {
			return err
		}
	}
	return r.Err()
}

// unguard returns the text of a cell without the formula that keeps a spreadsheet from
// taking it for a number: ="123".
func unguard(cell string) string {
	if inner, found := strings.CutPrefix(cell, `="`); found {
		if inner, found = strings.CutSuffix(inner, `"`); found && !strings.Contains(inner, `"`) {
			return inner
		}
	}
	return cell
}
