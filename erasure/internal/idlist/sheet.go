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
	plain []bool // by the style of a cell

	line   int // of the row
	hidden bool
	cells  []sheetCell // that are not blank, in their order
}

// sheetCell is a cell of a sheet.
type sheetCell struct {
	column int
	text   string
	shared int    // the number of its text among the shared ones, plus one; or 0
	reason string // why it has no text that could be an id
}

// next reads the next row. It returns io.EOF at the end.
func (s *sheetReader) next() error {
	for {
		token, err := s.part.next()
		if err != nil {
			s.part.close()
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
			cell, err := s.content(kind, style, strings.TrimSpace(string(value)), strings.TrimSpace(string(inline.bytes())))
			if empty := cell == (sheetCell{}); empty && formula {
				cell.reason = "is a formula without a result: open the workbook in Excel and save it"
			} else if empty {
				return err
			}
			cell.column = column
			s.cells = append(s.cells, cell)
			return err
		}
	}
}

// content returns a cell with its text, or with the reason why it has none that could be
// an id.
func (s *sheetReader) content(kind, style, value, inline string) (sheetCell, error) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n >= maxTexts {
			return sheetCell{}, errDamaged
		}
		return sheetCell{shared: n + 1}, nil
	case "inlineStr":
		return sheetCell{text: inline}, nil
	case "", "n":
		return s.number(style, value), nil
	case "b":
		return sheetCell{reason: "is true or false and no id"}, nil
	}
	return sheetCell{text: value}, nil // the result of a formula, an error, or a date
}

// number returns a cell with the digits of a number, if the sheet shows just these. Excel
// keeps 15 of them, and the others are lost.
func (s *sheetReader) number(style, value string) sheetCell {
	const kept = 15
	n, err := strconv.Atoi(style)
	switch {
	case value == "":
		return sheetCell{}
	case err == nil && n >= 0 && n < len(s.plain) && !s.plain[n]:
		return sheetCell{reason: "is a number or a date that the sheet shows in another form: format the column as text"}
	case !allDigits(value) || len(value) > kept:
		return sheetCell{reason: "is a number, of which Excel keeps 15 digits only: format the column as text and enter it again"}
	}
	return sheetCell{text: value}
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
