package idlist

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/textfile"
)

// workbook is an Excel workbook (xlsx, ECMA-376).
//
// It is read with archive/zip and encoding/xml, within limits of its own, and not with
// github.com/xuri/excelize/v2. That was tried in version 2.11.1 with its limits set. Good
// lists are no problem for it (200,000 rows: 59 MB, 3 s, and 2.4 MB of program), hostile
// ones are: a workbook of 93 KB with nested elements takes 3.6 GB, one of 531 KB with
// empty texts 2.3 GB, one of 919 KB with one long cell 4 GB, and cells in the last column
// keep it busy for minutes. Its limit of 1 GB for what is unpacked does not help: elements
// take forty times as much in memory as in the file. It also copies large parts, with
// personal data, into the folder for temporary files.
type workbook struct {
	parts   map[string]*zip.File
	targets map[string]string // parts by the id of their relationship
	strings string            // the part with the shared texts, or ""
	sheets  []sheetEntry
}

type sheetEntry struct {
	name   string
	part   string
	hidden bool
}

// openWorkbook finds the column of a workbook.
func (r *Reader) openWorkbook(in *bufio.Reader, start []byte, o Options) error {
	if f := o.Format; f.Field != "" || f.Delimiter != "" || f.Encoding != "" {
		return &FormatError{Reason: "is an Excel workbook or another archive, which --field, --delimiter and --encoding are not for", Hint: "--column and --sheet"}
	}
	format, _ := textfile.Detect(start)
	size, err := io.Copy(io.Discard, in) // this also lets the reader of the whole file see all of it
	if err != nil {
		return err
	}
	if o.At == nil {
		return &FormatError{Reason: "is " + format.Name + ", which cannot be read from a pipe", Hint: "--file with the name of the file"}
	}
	book, err := readWorkbook(o.At, size)
	if errors.Is(err, errNoWorkbook) {
		return &FormatError{Reason: "is " + format.Name + ", not a list of ids", Hint: format.Hint}
	}
	if err != nil {
		return err
	}
	sheet, err := book.choose(o.Format.Sheet)
	if err != nil {
		return err
	}
	r.reading.Kind, r.reading.Sheet = Workbook, sheet.name
	return r.openSheet(book, sheet.part, o.Format.Column)
}

var errNoWorkbook = errors.New("no workbook")

// maxDirectory bounds the directory of a workbook, which archive/zip reads into memory. A
// workbook has a dozen parts.
const maxDirectory = 4 << 20

func readWorkbook(at io.ReaderAt, size int64) (*workbook, error) {
	limited := &limitedAt{at, maxDirectory}
	archive, err := zip.NewReader(limited, size)
	switch {
	case limited.left < 0:
		return nil, errTooLarge
	case err != nil:
		return nil, errDamaged
	}
	limited.left = math.MaxInt64
	b := &workbook{parts: map[string]*zip.File{}, targets: map[string]string{}}
	for _, file := range archive.File {
		if b.parts[file.Name] == nil { // of two parts of a name, Excel reads the first
			b.parts[file.Name] = file
		}
	}
	if b.parts["xl/workbook.xml"] == nil {
		return nil, errNoWorkbook
	}
	if err := errors.Join(b.readRelationships(), b.readSheets()); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(b.sheets, func(s sheetEntry) bool { return len(s.name) > longestName }) {
		return nil, errDamaged
	}
	return b, nil
}

// limitedAt reads a limited number of bytes.
type limitedAt struct {
	io.ReaderAt
	left int64
}

// ReadAt implements [io.ReaderAt].
func (l *limitedAt) ReadAt(p []byte, off int64) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errTooLarge
	}
	return l.ReaderAt.ReadAt(p, off)
}

// eachIn is xmlPart.each for a whole part. A part that does not exist has no elements.
func (b *workbook) eachIn(name, element string, yield func([]xml.Attr)) error {
	if b.parts[name] == nil {
		return nil
	}
	part, err := openPart(b.parts[name])
	if err != nil {
		return err
	}
	defer part.close()
	return part.each(element, yield)
}

func (b *workbook) readRelationships() error {
	return b.eachIn("xl/_rels/workbook.xml.rels", "Relationship", func(a []xml.Attr) {
		target := attribute(a, "Target")
		if !strings.HasPrefix(target, "/") {
			target = "xl/" + target
		}
		target = strings.TrimPrefix(path.Clean(target), "/")
		b.targets[attribute(a, "Id")] = target
		if strings.HasSuffix(attribute(a, "Type"), "/sharedStrings") {
			b.strings = target
		}
	})
}

func (b *workbook) readSheets() error {
	return b.eachIn("xl/workbook.xml", "sheet", func(a []xml.Attr) {
		id := ""
		for _, attr := range a {
			if attr.Name.Local == "id" { // r:id; the other one is sheetId
				id = attr.Value
			}
		}
		state := attribute(a, "state")
		b.sheets = append(b.sheets, sheetEntry{attribute(a, "name"), b.targets[id], state != "" && state != "visible"})
	})
}

// choose returns the sheet of a name, or the only one with anything in it that is shown.
func (b *workbook) choose(name string) (sheetEntry, error) {
	candidates := b.sheets
	if name == "" {
		var err error
		if candidates, err = b.withContent(); err != nil {
			return sheetEntry{}, err
		}
	}
	all := names{what: "sheet"}
	for _, sheet := range candidates {
		all.all = append(all.all, sheet.name)
	}
	switch {
	case name != "":
		i, err := all.named(name)
		if err != nil {
			return sheetEntry{}, err
		}
		return candidates[i], nil
	case len(candidates) == 0:
		return sheetEntry{}, &FormatError{Reason: "is an Excel workbook whose sheets are all empty or hidden", Hint: "--sheet NAME for a hidden one"}
	case len(candidates) > 1:
		return sheetEntry{}, &FormatError{Reason: "has more than one sheet: " + all.list(), Hint: "--sheet with one of these names"}
	}
	return candidates[0], nil
}

// withContent returns the sheets that are shown and have a value in a cell.
func (b *workbook) withContent() (found []sheetEntry, err error) {
	for _, sheet := range b.sheets {
		if sheet.hidden || b.parts[sheet.part] == nil {
			continue
		}
		cells, err := b.hasCells(sheet.part)
		if err != nil {
			return nil, err
		}
		if cells {
			found = append(found, sheet)
		}
	}
	return found, nil
}

func (b *workbook) hasCells(name string) (bool, error) {
	part, err := openPart(b.parts[name])
	if err != nil {
		return false, err
	}
	defer part.close()
	for {
		token, err := part.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if start, ok := token.(xml.StartElement); ok && (start.Name.Local == "v" || start.Name.Local == "is") {
			return true, nil
		}
	}
}

// open opens a sheet at its first row.
func (b *workbook) open(name string, plain []bool) (*sheetReader, error) {
	if b.parts[name] == nil {
		return nil, errDamaged
	}
	part, err := openPart(b.parts[name])
	return &sheetReader{part: part, plain: plain}, err
}

// plainStyles returns which styles of cells show a number by its digits.
func (b *workbook) plainStyles() (plain []bool, err error) {
	if b.parts["xl/styles.xml"] == nil {
		return nil, nil
	}
	part, err := openPart(b.parts["xl/styles.xml"])
	if err != nil {
		return nil, err
	}
	defer part.close()
	const maxStyles = 1 << 16 // Excel's limit is 65,490
	inCells := false
	for {
		token, err := part.next()
		if errors.Is(err, io.EOF) {
			return plain, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "xf" && inCells && len(plain) < maxStyles {
				format := attribute(t.Attr, "numFmtId")
				plain = append(plain, format == "" || format == "0" || format == "1" || format == "49") // General, 0, @
			}
			inCells = inCells || t.Name.Local == "cellXfs"
		case xml.EndElement:
			inCells = inCells && t.Name.Local != "cellXfs"
		}
	}
}
