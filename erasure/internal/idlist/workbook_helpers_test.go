package idlist

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

const spreadsheetML = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// book is a workbook as Excel writes it.
type book struct {
	sheets map[string]string // the rows of a sheet, in XML, by its name
	order  []string
	hidden []string // names of hidden sheets
	texts  string   // the shared texts, in XML
	styles string
}

// cellOf returns a cell with a text of its own.
func cellOf(place, text string) string {
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a buffer cannot fail
	return fmt.Sprintf(`<c r=%q t="inlineStr"><is><t>%s</t></is></c>`, place, &escaped)
}

// rowsOf returns rows of such cells. Cells without a text are left out.
func rowsOf(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, cell := range row {
			if cell != "" {
				b.WriteString(cellOf(fmt.Sprintf("%c%d", 'A'+j, i+1), cell))
			}
		}
		b.WriteString("</row>")
	}
	return b.String()
}

// bytes returns the file.
func (b book) bytes(t testing.TB) []byte {
	t.Helper()
	var sheets, relations strings.Builder
	parts := map[string]string{"[Content_Types].xml": "<Types/>"}
	for i, name := range b.order {
		state := ""
		for _, hidden := range b.hidden {
			if hidden == name {
				state = ` state="hidden"`
			}
		}
		fmt.Fprintf(&sheets, `<sheet name=%q sheetId="%d"%s r:id="rId%d"/>`, name, i+1, state, i+1)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = "<worksheet " + spreadsheetML + "><sheetData>" + b.sheets[name] + "</sheetData></worksheet>"
	}
	if b.texts != "" {
		relations.WriteString(`<Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="/xl/sharedStrings.xml"/>`)
		parts["xl/sharedStrings.xml"] = "<sst " + spreadsheetML + ">" + b.texts + "</sst>"
	}
	if b.styles != "" {
		parts["xl/styles.xml"] = "<styleSheet>" + b.styles + "</styleSheet>"
	}
	parts["xl/workbook.xml"] = "<workbook " + spreadsheetML + ` xmlns:r="r"><sheets>` + sheets.String() + "</sheets></workbook>"
	parts["xl/_rels/workbook.xml.rels"] = "<Relationships>" + relations.String() + "</Relationships>"
	return zipped(t, parts)
}

// oneSheet returns a workbook with these rows.
func oneSheet(t testing.TB, rows string) []byte {
	t.Helper()
	return book{order: []string{"Sheet1"}, sheets: map[string]string{"Sheet1": rows}}.bytes(t)
}

func zipped(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, name := range append([]string{"[Content_Types].xml"}, keysBut(parts, "[Content_Types].xml")...) {
		w, err := archive.Create(name)
		if err == nil {
			_, err = w.Write([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + parts[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func keysBut(parts map[string]string, but string) (keys []string) {
	for name := range parts {
		if name != but {
			keys = append(keys, name)
		}
	}
	return keys
}
