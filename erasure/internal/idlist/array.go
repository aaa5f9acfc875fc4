package idlist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// openArray reads a list that is one JSON array, of ids or of objects.
func (r *Reader) openArray(lines *lineReader, field string) error {
	r.reading.Kind = JSONArray
	array := newArrayReader(lines)
	first, err := array.next()
	empty := errors.Is(err, io.EOF)
	if err != nil && !empty {
		return err
	}
	if r.reading.Field = field; bytes.HasPrefix(first, []byte("{")) {
		if r.reading.Field, err = r.findField(first, array.line, field); err != nil {
			return err
		}
	}
	isFirst := !empty
	r.next = func() (Record, error) {
		text := first
		if !isFirst {
			var err error
			if text, err = array.next(); err != nil {
				return Record{}, err
			}
		}
		isFirst = false
		record := r.element(array.line, text)
		if record.Err != nil { // all elements may be in one line
			record.Err = fmt.Errorf("element %d: %w", r.n+1, record.Err)
		}
		return record, nil
	}
	return nil
}

// arrayReader splits a JSON array into its elements, without reading it as a whole. It
// follows strings and brackets only: whether an element is valid is for its reader to see.
type arrayReader struct {
	in      *bufio.Reader
	lines   *lineReader
	at      int  // the line that the next byte is in
	cr      bool // the byte before it is a CR
	element []byte
	line    int // where the element begins
	opened  bool
	more    bool // a comma was read: an element has to follow
	ended   bool
}

func newArrayReader(lines *lineReader) *arrayReader {
	return &arrayReader{in: bufio.NewReaderSize(lines.rest(), bufferSize), lines: lines, at: lines.n + 1}
}

// readByte returns the next byte, and counts lines.
func (a *arrayReader) readByte() (byte, error) {
	c, err := a.in.ReadByte()
	if err != nil && !errors.Is(err, io.EOF) {
		a.lines.n = a.at - 1
		return 0, a.lines.failure(err)
	}
	if c == '\n' && !a.cr || c == '\r' {
		a.at++
	}
	a.cr = c == '\r'
	return c, err
}

// skipSpace returns the first byte that is not white space.
func (a *arrayReader) skipSpace() (byte, error) {
	for {
		c, err := a.readByte()
		if err != nil || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, err
		}
	}
}

// next returns the next element. It is valid until the next call. The error is io.EOF
// after the bracket that closes the array.
func (a *arrayReader) next() ([]byte, error) {
	c, err := a.skipSpace()
	if !a.opened && err == nil { // the bracket that openLines has seen
		a.opened = true
		c, err = a.skipSpace()
	}
	switch {
	case errors.Is(err, io.EOF) && a.ended:
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, &FormatError{Reason: "ends within its JSON array: is the file complete?", Hint: "a new copy of the file"}
	case err != nil:
		return nil, err
	case a.ended:
		return nil, &FormatError{a.at, "goes on after the end of its JSON array", "a file with one array, or JSON lines"}
	case c == ']' && !a.more:
		a.ended = true
		return a.next()
	}
	a.line = a.at
	err = a.read(c)
	return a.element, err
}

// read reads an element that begins with c, and the comma or bracket after it.
func (a *arrayReader) read(c byte) error {
	a.element = a.element[:0]
	depth, inString, escaped := 0, false, false
	for {
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
		case depth > 0 && (c == '}' || c == ']'):
			depth--
		case depth == 0 && (c == ',' || c == ']'):
			a.element = bytes.TrimSpace(a.element)
			a.more, a.ended = c == ',', c == ']'
			return nil
		}
		if a.element = append(a.element, c); len(a.element) > MaxLine {
			return &FormatError{a.line, fmt.Sprintf("has an element of more than %d KiB: perhaps a quote is not closed", MaxLine>>10), "fix it and run again"}
		}
		var err error
		if c, err = a.readByte(); errors.Is(err, io.EOF) {
			return &FormatError{a.line, "begins an element of a JSON array that does not end: is the file complete?", "a new copy of the file"}
		} else if err != nil {
			return err
		}
	}
}
