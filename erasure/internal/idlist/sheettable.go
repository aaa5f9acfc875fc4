package idlist

import (
	"errors"
	"io"
	"strings"
)

// sheetTable is a sheet whose rows are read as a table. A sheet is read three times: its
// first rows, to find the header; all of it, to find out which of the shared texts are in
// the column; and again for the records. So the texts of other columns are not in memory.
type sheetTable struct {
	*table
	rows    *sheetReader
	texts   *sharedTexts
	started bool // the header was passed
}

// openSheet finds the column of a sheet.
func (r *Reader) openSheet(b *workbook, part, column string) error {
	plain, err := b.plainStyles()
	if err != nil {
		return err
	}
	open := func() (*sheetReader, error) { return b.open(part, plain) }
	header, line, err := b.firstRow(open, func([]string) bool { return true })
	if err != nil {
		return err
	}
	s := &sheetTable{}
	if s.table, err = r.newTable(header, line, column); err != nil {
		if _, line, below := b.firstRow(open, func(row []string) bool { return r.isHeader(row, column) }); below == nil {
			err = headerBelow(line)
		}
		return err
	}
	wanted, err := s.textsOfColumn(open)
	if err != nil {
		return err
	}
	if s.texts, err = b.readTexts(wanted); err != nil {
		return err
	}
	s.rows, err = open()
	r.next = s.next
	return err
}

// firstRow returns the first row that is accepted, among those at the top that are no
// comments.
func (b *workbook) firstRow(open func() (*sheetReader, error), accept func([]string) bool) (row []string, line int, err error) {
	const most = 100 // rows
	rows, err := open()
	if err != nil {
		return nil, 0, err
	}
	defer rows.part.close()
	for range most {
		if err := rows.next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, 0, err
		}
		var wanted numbers
		for _, cell := range rows.cells {
			if cell.shared > 0 {
				wanted.add(cell.shared - 1)
			}
		}
		texts, err := b.readTexts(&wanted)
		if err != nil {
			return nil, 0, err
		}
		content, err := rows.resolve(texts)
		if err != nil {
			return nil, 0, err
		}
		if content {
			if row = rows.names(); accept(row) {
				return row, rows.line, nil
			}
		}
	}
	return nil, 0, &FormatError{Reason: "has a sheet without a table: want a header with the names of the columns", Hint: "--sheet with another one"}
}

// resolve looks up the texts of the row, and reports whether it is neither blank nor a
// comment.
func (s *sheetReader) resolve(texts *sharedTexts) (content bool, err error) {
	for i := range s.cells {
		if err := s.cells[i].resolve(texts); err != nil {
			return false, err
		}
	}
	return len(s.cells) > 1 || len(s.cells) == 1 && !isComment([]byte(s.cells[0].text)), nil
}

func (c *sheetCell) resolve(texts *sharedTexts) error {
	if c.shared == 0 {
		return nil
	}
	text, found := texts.get(c.shared - 1)
	if !found {
		return errDamaged
	}
	c.text, c.shared = strings.TrimSpace(text), 0
	return nil
}

// names returns the row as the names of columns.
func (s *sheetReader) names() []string {
	names := make([]string, s.cells[len(s.cells)-1].column+1)
	for _, cell := range s.cells {
		names[cell.column] = cell.text
	}
	return names
}

// textsOfColumn returns the numbers of the texts in the column, and of those that may be
// comments.
func (s *sheetTable) textsOfColumn(open func() (*sheetReader, error)) (*numbers, error) {
	rows, err := open()
	if err != nil {
		return nil, err
	}
	wanted := &numbers{}
	for {
		err := rows.next()
		if errors.Is(err, io.EOF) {
			return wanted, nil
		}
		if err != nil {
			return nil, err
		}
		for _, cell := range rows.cells {
			if cell.shared > 0 && (cell.column == s.index || len(rows.cells) == 1) {
				wanted.add(cell.shared - 1)
			}
		}
	}
}

// next returns the record of the next row that is neither blank nor a comment.
func (s *sheetTable) next() (Record, error) {
	for {
		if err := s.rows.next(); err != nil {
			return Record{}, err
		}
		cell, skipped, err := s.cellOfColumn()
		switch {
		case err != nil:
			return Record{}, err
		case skipped:
			continue
		case !s.started:
			s.started = true // this row is the header
			continue
		case s.rows.hidden:
			s.reading.Hidden++
		}
		if cell.reason != "" {
			return Record{Line: s.rows.line, Err: errors.New(s.rule.Name + " " + cell.reason)}, nil
		}
		return s.cell(s.rows.line, cell.text), nil
	}
}

// cellOfColumn returns the cell of the row in the column, or that the row is to be skipped,
// which it counts.
func (s *sheetTable) cellOfColumn() (found sheetCell, skip bool, err error) {
	cells := s.rows.cells
	if len(cells) == 0 {
		s.reading.Blank++
		return found, true, nil
	}
	for i := range cells {
		if cells[i].column != s.index && len(cells) > 1 {
			continue
		}
		if err := cells[i].resolve(s.texts); err != nil {
			return found, false, err
		}
		if cells[i].column == s.index {
			found = cells[i]
		}
	}
	if len(cells) == 1 && isComment([]byte(cells[0].text)) {
		s.reading.Comments++
		return found, true, nil
	}
	return found, false, nil
}
