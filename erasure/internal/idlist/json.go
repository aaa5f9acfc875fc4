package idlist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// openObjects reads a list with an object on each line.
func (r *Reader) openObjects(lines *lineReader, field string) error {
	r.reading.Kind = JSONLines
	first, err := r.nextContent(lines)
	if err == nil {
		lines.unread()
		field, err = r.findField(first, lines.n+1, field)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	r.reading.Field = field
	r.next = func() (Record, error) {
		text, err := r.nextContent(lines)
		if err != nil {
			return Record{}, err
		}
		return r.element(lines.n, text), nil
	}
	return nil
}

// findField returns the name of the field that has the ids, as the first object has it.
func (r *Reader) findField(object []byte, line int, wanted string) (string, error) {
	if len(object) > 0 && object[0] == '{' && !json.Valid(object) && wanted == "" {
		return "", &FormatError{line, "looks like a JSON object over several lines, or damaged JSON", "jq -c ., which writes each object on a line of its own"}
	}
	fields, around, err := fieldNames(object)
	if err != nil { // a mistake in the first line only, perhaps
		return wanted, nil
	}
	i, missing := names{"field", fields}.find(wanted, r.rule)
	switch {
	case missing == nil && fields[i] != around:
		return fields[i], nil
	case around != "" && wanted == "":
		return "", &FormatError{line, "is a JSON object around an array, not a list of ids", "jq -c '.[" + strconv.Quote(around) + "][]'"}
	case wanted != "": // the first object may lack it
		return wanted, nil
	}
	missing.Line = line
	return "", missing
}

// element returns the record of an object, or of an element of an array.
func (r *Reader) element(line int, text []byte) Record {
	id, err := stringOf(text, r.reading.Field)
	if err != nil {
		return Record{Line: line, Err: err}
	}
	return r.rule.record(line, strings.TrimSpace(id))
}

var errNoObject = errors.New("not a JSON object")

// stringOf returns a JSON string, or one string field of a JSON object. The decoder's own
// errors quote the input, so they are not passed on.
func stringOf(text []byte, field string) (string, error) {
	what, found := "the element", json.RawMessage(text)
	switch {
	case field != "":
		what = fmt.Sprintf("field %s", quoteName(field))
		found = nil
		err := eachField(text, func(name string, value json.RawMessage) error {
			switch {
			case name != field:
			case found != nil:
				return fmt.Errorf("has more than one %s", what)
			default:
				found = value
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		if found == nil {
			return "", fmt.Errorf("has no %s", what)
		}
	case !json.Valid(text):
		return "", errors.New("is not valid JSON")
	}
	var id string
	switch {
	case found[0] != '"' || json.Unmarshal(found, &id) != nil:
		return "", fmt.Errorf("%s is not a string", what)
	case strings.ContainsRune(id, utf8.RuneError): // encoding/json replaces invalid UTF-8 by it
		return "", fmt.Errorf("%s is not valid UTF-8", what)
	}
	return id, nil
}

// eachField calls yield with the fields of a JSON object, in their order.
func eachField(text []byte, yield func(name string, value json.RawMessage) error) error {
	if !json.Valid(text) || text[0] != '{' {
		return errNoObject
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	_, _ = dec.Token()
	for dec.More() {
		name, _ := dec.Token() // the text is valid, so neither call can fail
		var value json.RawMessage
		_ = dec.Decode(&value)
		if err := yield(fmt.Sprint(name), value); err != nil {
			return err
		}
	}
	return nil
}

// fieldNames returns the names of the fields of an object, and the only field that is an
// array, in which the customers may be.
func fieldNames(object []byte) (fields []string, array string, err error) {
	arrays := 0
	err = eachField(object, func(name string, value json.RawMessage) error {
		fields = append(fields, name)
		if value[0] == '[' {
			array = name
			arrays++
		}
		return nil
	})
	if arrays != 1 || len(array) > longestJunk {
		array = ""
	}
	return fields, array, err
}
