package idlist

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Excel's limits of a sheet.
const (
	maxRows    = 1 << 20
	maxColumns = 1 << 14
)

// sheetReader reads the rows of a sheet.
type sheetReader struct {
	part  *xmlPart
	texts *sharedTexts
	plain []bool // by the style of a cell

	line   int // of the row
	hidden bool
	cells  []sheetCell // that are not blank, in their order
}

// sheetCell is a cell of a sheet.
type sheetCell struct {
	column int
	text   string
	reason string // why it has no text that could be an id
}

// next reads the next row. It returns io.EOF at the end.
func (s *sheetReader) next() error {
	for {
		token, err := s.part.next()
		if errors.Is(err, io.EOF) {
			s.part.close()
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "row" {
			return s.row(start.Attr)
		}
	}
}

func (s *sheetReader) row(attributes []xml.Attr) error {
	s.line++
	if number, err := strconv.Atoi(attribute(attributes, "r")); err == nil && number > s.line {
		s.line = number
	}
	if s.line > maxRows {
		return errTooLarge
	}
	hidden := attribute(attributes, "hidden")
	s.hidden = hidden == "1" || hidden == "true"
	s.cells = s.cells[:0]
	column := -1
	for {
		token, err := s.part.next()
		if err != nil {
			return damagedAtEnd(err)
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			column++
			if named := columnOf(attribute(t.Attr, "r")); named >= column {
				column = named
			}
			if column >= maxColumns {
				return errTooLarge
			}
			if err := s.cell(column, t.Attr); err != nil {
				return err
			}
		}
	}
}

func damagedAtEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return errDamaged
	}
	return err
}

// cell reads a cell.
func (s *sheetReader) cell(column int, attributes []xml.Attr) error {
	kind, style := attribute(attributes, "t"), attribute(attributes, "s")
	var inline textElement
	var value []byte
	inValue, formula := false, false
	for {
		token, err := s.part.next()
		if err != nil {
			return damagedAtEnd(err)
		}
		inline.add(token)
		switch t := token.(type) {
		case xml.StartElement:
			inValue = t.Name.Local == "v"
			formula = formula || t.Name.Local == "f"
		case xml.CharData:
			if inValue && len(value) <= longestText {
				value = append(value, t...)
			}
		case xml.EndElement:
			inValue = false
			if t.Name.Local != "c" {
				continue
			}
			cell := sheetCell{column: column}
			cell.text, cell.reason, err = s.content(kind, style, string(value), string(inline.bytes()))
			if formula && cell.text == "" && cell.reason == "" {
				cell.reason = "is a formula without a result: open the workbook in Excel and save it"
			}
			if cell.text != "" || cell.reason != "" {
				s.cells = append(s.cells, cell)
			}
			return err
		}
	}
}

// content returns the text of a cell, or why it has none that could be an id.
func (s *sheetReader) content(kind, style, value, inline string) (text, reason string, err error) {
	switch kind {
	case "s":
		text, found := s.texts.get(strings.TrimSpace(value))
		if !found {
			return "", "", errDamaged
		}
		return strings.TrimSpace(text), "", nil
	case "inlineStr":
		return strings.TrimSpace(inline), "", nil
	case "", "n":
		return s.number(style, strings.TrimSpace(value))
	case "b":
		return "", "is true or false and no id", nil
	}
	return strings.TrimSpace(value), "", nil // the result of a formula, an error, or a date
}

// number returns the digits of a number, if the sheet shows just these. Excel keeps 15 of
// them, and the others are lost.
func (s *sheetReader) number(style, value string) (text, reason string, err error) {
	const kept = 15
	if value == "" {
		return "", "", nil
	}
	if n, err := strconv.Atoi(style); err == nil && n >= 0 && n < len(s.plain) && !s.plain[n] {
		return "", "is a number or a date that the sheet shows in another form: format the column as text", nil
	}
	if !allDigits(value) || len(value) > kept {
		return "", "is a number, of which Excel keeps 15 digits only: format the column as text and enter it again", nil
	}
	return value, "", nil
}

// columnOf returns the column of a cell's name, such as 1 for B7; or -1.
func columnOf(name string) int {
	n := 0
	for i := range len(name) {
		if !isLetter(name[i]) || n > maxColumns {
			break
		}
		n = 26*n + int(name[i]|0x20-'a') + 1
	}
	return n - 1
}

// openSheet reads the header of a sheet.
func (r *Reader) openSheet(rows *sheetReader, column string) error {
	for {
		err := rows.next()
		if errors.Is(err, io.EOF) {
			return &FormatError{Reason: "has a sheet that is empty: want a header with the names of the columns", Hint: "--sheet with another one"}
		}
		if err != nil {
			return err
		}
		if len(rows.cells) > 0 && !r.skips(rows) {
			break
		}
	}
	header := make([]string, rows.cells[len(rows.cells)-1].column+1)
	for _, cell := range rows.cells {
		header[cell.column] = cell.text
	}
	t, err := r.newTable(header, rows.line, column)
	if err != nil {
		return err
	}
	r.next = func() (Record, error) { return r.nextOfSheet(rows, t) }
	return nil
}

// skips reports whether a row is blank or a comment, and counts it.
func (r *Reader) skips(rows *sheetReader) bool {
	switch {
	case len(rows.cells) == 0:
		r.reading.Blank++
	case len(rows.cells) == 1 && isComment([]byte(rows.cells[0].text)):
		r.reading.Comments++
	default:
		return false
	}
	return true
}

func (r *Reader) nextOfSheet(rows *sheetReader, t *table) (Record, error) {
	for {
		if err := rows.next(); err != nil {
			return Record{}, err
		}
		if r.skips(rows) {
			continue
		}
		if rows.hidden {
			r.reading.Hidden++
		}
		for _, cell := range rows.cells {
			switch {
			case cell.column != t.index:
			case cell.reason != "":
				return Record{Line: rows.line, Err: errors.New(r.rule.Name + " " + cell.reason)}, nil
			default:
				return t.cell(rows.line, cell.text), nil
			}
		}
		return t.cell(rows.line, ""), nil
	}
}
