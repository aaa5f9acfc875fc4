package bulk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/internal/textfile"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// maxLine bounds a line of a list, in bytes.
const maxLine = 1 << 20

// Format says where the ids are in a list. Its zero value is one id per line.
type Format struct {
	// Column is the name of a column of a CSV file with a header.
	Column string `json:"column,omitempty"`
	// Field is the name of a field of the object on each line of a JSONL file.
	Field string `json:"field,omitempty"`
}

// Record is one id of a list. Blank lines and comments (#) are not records.
type Record struct {
	N    int    // counts from 0
	Line int    // counts from 1
	ID   string // if Err is set, empty or an invalid id that may be repeated (never a record or an address)
	Err  error  // why there is no valid id; it does not repeat the line
}

// recordScanner reads the records of a list. It is used like a [bufio.Scanner].
type recordScanner struct {
	plain  bool // one id per line
	next   func() (Record, error)
	record Record
	n      int // records read
	err    error
}

// newRecordScanner reads the header of a CSV file. Its errors and the scanner's are a
// [*FormatError] if the content is at fault.
func newRecordScanner(in io.Reader, f Format) (*recordScanner, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	start, _ := buffered.Peek(textfile.Start)
	if format, found := textfile.Detect(start); found {
		return nil, &FormatError{Reason: "is " + format.Name + ", not text in UTF-8", Hint: format.Hint}
	}
	if bytes.HasPrefix(start, []byte("\ufeff")) {
		_, _ = buffered.Discard(3)
	}
	switch {
	case f.Column != "" && f.Field != "":
		return nil, errors.New("column is for CSV and field for JSONL: give one of them")
	case f.Column != "":
		return newCSVScanner(buffered, f.Column)
	case f.Field != "":
		return &recordScanner{next: lines(buffered, func(text []byte) (string, error) { return fieldOf(text, f.Field) })}, nil
	default:
		return &recordScanner{plain: true, next: lines(buffered, func(text []byte) (string, error) { return string(text), nil })}, nil
	}
}

// Scan advances to the next record. It returns false at the end and on an error.
func (s *recordScanner) Scan() bool {
	s.record, s.err = s.next()
	if s.err == nil && s.plain && s.n == 0 {
		s.err = checkFirst(s.record.Line, s.record.ID)
	}
	if s.err != nil {
		return false
	}
	if s.record.Err == nil {
		if err := wire.CheckCustomerID(s.record.ID); err != nil {
			s.record.Err = fmt.Errorf("customer id %w", err)
		}
	}
	if s.record.Err != nil && !wire.MayRepeat(s.record.ID) {
		s.record.ID = ""
	}
	s.record.N = s.n
	s.n++
	return true
}

// Record returns the record that Scan advanced to.
func (s *recordScanner) Record() Record { return s.record }

// Err returns why the list could not be read to its end, or nil.
func (s *recordScanner) Err() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// lines reads line by line, and skips blank lines and comments.
func lines(in io.Reader, parse func([]byte) (string, error)) func() (Record, error) {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	line := 0
	return func() (Record, error) {
		for scanner.Scan() {
			if scanner.Err() != nil {
				break // a read error ends a line too, and half an id may be another customer's
			}
			line++
			text := bytes.TrimSpace(scanner.Bytes())
			if len(text) == 0 || text[0] == '#' {
				continue
			}
			id, err := parse(text)
			return Record{Line: line, ID: id, Err: err}, nil
		}
		switch err := scanner.Err(); {
		case err == nil:
			return Record{}, io.EOF
		case errors.Is(err, bufio.ErrTooLong):
			return Record{}, &FormatError{line + 1, fmt.Sprintf("is longer than %d KiB", maxLine>>10), "one id per line, or --column or --field for another format"}
		default:
			return Record{}, fmt.Errorf("reading line %d: %w", line+1, err)
		}
	}
}

// fieldOf returns one string field of a JSON object. The decoder's own errors quote
// the input, so they are not passed on.
func fieldOf(text []byte, field string) (string, error) {
	if !json.Valid(text) || text[0] != '{' {
		return "", errors.New("not a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	_, _ = dec.Token()
	var found json.RawMessage
	for dec.More() {
		name, _ := dec.Token() // the text is valid, so neither call can fail
		var value json.RawMessage
		_ = dec.Decode(&value)
		switch {
		case name != field:
		case found != nil:
			return "", fmt.Errorf("has more than one field %q", field)
		default:
			found = value
		}
	}
	var id string
	switch {
	case found == nil:
		return "", fmt.Errorf("has no field %q", field)
	case found[0] != '"' || json.Unmarshal(found, &id) != nil:
		return "", fmt.Errorf("field %q is not a string", field)
	case strings.ContainsRune(id, utf8.RuneError): // encoding/json replaces invalid UTF-8 by it
		return "", fmt.Errorf("field %q is not valid UTF-8", field)
	}
	return id, nil
}
