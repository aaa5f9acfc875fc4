package bulk

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxLine bounds a line of the input, in bytes.
const maxLine = 1 << 20

// Format says where the ids are in the input. Its zero value is one id a line.
type Format struct {
	// Column is the name of a column of a CSV file with a header.
	Column string `json:"column,omitempty"`
	// Field is the name of a field of the object on each line of a JSONL file.
	Field string `json:"field,omitempty"`
}

// Record is one id of the input. Blank lines and comments (#) are none.
type Record struct {
	N    int // counts from 0
	Line int // counts from 1
	ID   string
	Err  error // why there is no id, and ID is empty; it does not repeat the line
}

// Scanner reads records.
type Scanner struct {
	plain  bool // one id a line
	next   func() (Record, error)
	record Record
	n      int
	err    error
}

// NewScanner returns a scanner. It reads the header of a CSV file. Its errors and
// the scanner's are a [*FormatError] if the input is at fault.
func NewScanner(in io.Reader, f Format) (*Scanner, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	if start, _ := buffered.Peek(3); bytes.Equal(start, []byte("\ufeff")) {
		_, _ = buffered.Discard(3)
	}
	switch {
	case f.Column != "" && f.Field != "":
		return nil, errors.New("column is for CSV and field for JSONL: give one of them")
	case f.Column != "":
		return newCSVScanner(buffered, f.Column)
	case f.Field != "":
		return &Scanner{next: lines(buffered, func(text []byte) (string, error) { return fieldOf(text, f.Field) })}, nil
	default:
		return &Scanner{plain: true, next: lines(buffered, func(text []byte) (string, error) { return string(text), nil })}, nil
	}
}

// Scan advances to the next record. It returns false at the end and on an error.
func (s *Scanner) Scan() bool {
	s.record, s.err = s.next()
	if s.err == nil && s.plain && s.n == 0 {
		s.err = checkFirst(s.record.Line, s.record.ID)
	}
	if s.err != nil {
		return false
	}
	if s.record.Err == nil {
		s.record.Err = CheckID(s.record.ID)
	}
	if s.record.Err != nil {
		s.record.ID = ""
	}
	s.record.N = s.n
	s.n++
	return true
}

// Record is the record that Scan advanced to.
func (s *Scanner) Record() Record { return s.record }

// Err is why the input could not be read to its end, or nil.
func (s *Scanner) Err() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// lines reads what is neither blank nor a comment line by line.
func lines(in io.Reader, parse func([]byte) (string, error)) func() (Record, error) {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	line := 0
	return func() (Record, error) {
		for scanner.Scan() {
			if scanner.Err() != nil {
				break // where reading failed the scanner ends a line, and an id that is cut off may be another's
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
			return Record{}, &FormatError{line + 1, fmt.Sprintf("is longer than %d KiB", maxLine>>10), "one id a line, or --column or --field for what the file is"}
		default:
			return Record{}, fmt.Errorf("reading line %d: %w", line+1, err)
		}
	}
}

// fieldOf reads one string field of a JSON object. The decoder's own errors
// quote the input, so they are not passed on.
func fieldOf(text []byte, field string) (string, error) {
	if !json.Valid(text) || text[0] != '{' {
		return "", errors.New("not a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	_, _ = dec.Token()
	var found json.RawMessage
	for dec.More() {
		name, _ := dec.Token() // of what is valid there is no error
		var value json.RawMessage
		_ = dec.Decode(&value)
		switch {
		case name != field:
		case found != nil:
			return "", fmt.Errorf("has more than one field %q: the right one cannot be told", field)
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
	case strings.ContainsRune(id, utf8.RuneError): // what encoding/json puts for it
		return "", fmt.Errorf("field %q is not valid UTF-8", field)
	}
	return id, nil
}

func newCSVScanner(in io.Reader, column string) (*Scanner, error) {
	limited := &recordLimit{r: in}
	reader := csv.NewReader(limited)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	// A row that begins with # is a comment if that is all of it: a customer may be
	// called "#1 Store", and no id holds a #.
	read := func() ([]string, error) {
		for {
			limited.left = maxLine
			fields, err := reader.Read()
			if err != nil || len(fields) != 1 || !strings.HasPrefix(fields[0], "#") {
				return fields, err
			}
		}
	}
	header, err := read()
	if errors.Is(err, io.EOF) {
		return nil, &FormatError{Reason: "is empty: want a header with the names of the columns", Hint: "a CSV file with a header"}
	}
	if err != nil {
		return nil, csvError(err)
	}
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.TrimSpace(name)
	}
	index := slices.Index(names, column)
	if index >= 0 && slices.Contains(names[index+1:], column) {
		return nil, fmt.Errorf("has more than one column %q: the right one cannot be told", column)
	}
	if index < 0 {
		line, _ := reader.FieldPos(0)
		return nil, &FormatError{line, fmt.Sprintf("has no column %q among the %d that it names", column, len(names)), "--column with a name as it stands in the first line; columns are separated by commas"}
	}
	last, _ := reader.FieldPos(0)
	return &Scanner{next: func() (Record, error) {
		fields, err := read()
		var tooLong *FormatError
		if errors.As(err, &tooLong) {
			tooLong.Line = last + 1
		}
		if errors.Is(err, io.EOF) {
			return Record{}, io.EOF
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			if parse.StartLine != parse.Line { // it may have swallowed the rest of the file
				return Record{}, &FormatError{parse.StartLine, "a quote is opened and not closed as it should be", "mend it, and run again"}
			}
			return Record{Line: parse.Line, Err: parse.Err}, nil
		}
		if err != nil {
			return Record{}, csvError(err)
		}
		line, _ := reader.FieldPos(0)
		last = line
		if index >= len(fields) {
			return Record{Line: line, Err: fmt.Errorf("has no column %q", column)}, nil
		}
		return Record{Line: line, ID: strings.TrimSpace(fields[index])}, nil
	}}, nil
}

func csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &FormatError{parse.Line, parse.Err.Error(), "a CSV file with a header"}
	}
	return err
}

// recordLimit keeps a quote that is not closed from taking the rest of the file into
// memory.
type recordLimit struct {
	r    io.Reader
	left int // bytes until the record is too long
}

// Read implements [io.Reader].
func (l *recordLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, &FormatError{Reason: fmt.Sprintf("has a record of more than %d KiB: a quote may be opened and not closed", maxLine>>10), Hint: "mend it, and run again"}
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
