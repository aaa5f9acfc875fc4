package idlist

import (
	"bytes"
	"testing"
)

// Any parts at all of a workbook are read or rejected, and no record has both an id and an
// error. The archive itself is right, because a fuzzer seldom gets past its checksums.
func FuzzWorkbook(f *testing.F) {
	row := rowsOf([][]string{{"Name", "Customer ID"}, {"Ada", "c1"}, {"", "c2"}})
	sheet := func(rows string) string {
		return "<worksheet " + spreadsheetML + "><sheetData>" + rows + "</sheetData></worksheet>"
	}
	relation := func(kind, target string) string {
		return `<Relationship Id="` + kind + `" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"/>`
	}
	book := "<workbook " + spreadsheetML + ` xmlns:r="r"><sheets><sheet name="List" sheetId="1" r:id="worksheet"/></sheets></workbook>`
	relations := "<Relationships>" + relation("worksheet", "worksheets/sheet1.xml") + relation("sharedStrings", "/xl/sharedStrings.xml") + "</Relationships>"
	texts := "<sst " + spreadsheetML + `><si><t>id</t></si><si><r><t>c</t></r><r><t>_x0041_1</t></r></si></sst>`
	styles := `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`

	f.Add(book, relations, sheet(row), "", "")
	f.Add(book, relations, sheet(`<row><c t="s"><v>0</v></c></row><row r="9" hidden="1"><c r="A9" t="s"><v>1</v></c></row><row><c t="s"><v>7</v></c></row>`), texts, styles)
	f.Add(book, relations, sheet(`<row><c t="str"><v>id</v></c></row><row><c s="1"><v>45000</v></c></row><row><c t="e"><v>#N/A</v></c></row><row><c r="A3"><f>B1</f><v>1E+3</v></c></row>`), "", styles)
	f.Add("<workbook/>", "<Relationships/>", "", "", "")
	f.Fuzz(func(t *testing.T, book, relations, sheet, texts, styles string) {
		parts := map[string]string{
			"[Content_Types].xml": "<Types/>", "xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.xml": sheet,
			"xl/sharedStrings.xml": texts, "xl/styles.xml": styles,
		}
		file := zipped(t, parts)
		r, err := NewReader(bytes.NewReader(file), Options{})
		if err != nil {
			return
		}
		last := 0
		for r.Scan() {
			record := r.Record()
			if record.Line < last || record.Line == 0 {
				t.Fatalf("row %d after row %d", record.Line, last)
			}
			last = record.Line
			if (record.Err == nil) != (CustomerIDs.Check(record.ID) == nil) || record.Err != nil && record.ID != "" {
				t.Fatalf("id %q with error %v", record.ID, record.Err)
			}
		}
		checkResolved(t, file, Format{}, r)
	})
}
