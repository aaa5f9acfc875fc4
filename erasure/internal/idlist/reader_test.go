package idlist

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

func readAll(t *testing.T, text string, f Format) (records []string, err error) {
	t.Helper()
	s, err := NewReader(strings.NewReader(text), Options{Format: f})
	if err != nil {
		return nil, err
	}
	for n := 0; s.Scan(); n++ {
		r := s.Record()
		if r.N != n {
			t.Errorf("record %d is numbered %d", n, r.N)
		}
		if r.Err != nil && r.ID != "" {
			t.Errorf("line %d keeps an invalid id", r.Line)
		}
		if r.Err != nil {
			records = append(records, fmt.Sprintf("%d!%v", r.Line, r.Err))
		} else {
			records = append(records, fmt.Sprintf("%d:%s", r.Line, r.ID))
		}
	}
	return records, s.Err()
}

// scanned are lists, and their records: the line and the id, or why there is none.
var scanned = []struct {
	name, in string
	format   Format
	want     []string
}{
	{"Lines", "c1\nc2", Format{}, []string{"1:c1", "2:c2"}},
	{"BOMAndCRLF", "\ufeffc1\r\nc2\r\n", Format{}, []string{"1:c1", "2:c2"}},
	{"BlankLinesAndComments", "\n# all of them\nc1\n   \n  # c2\nc3\n\n", Format{}, []string{"3:c1", "6:c3"}},
	{"SpaceAround", "  c1\t\n", Format{}, []string{"1:c1"}},
	{"Nothing", "", Format{}, nil},
	// The first line may be an id, and others a customer's data: those are not sent.
	{"RecordsAmongIDs", "c1\n{\"id\": \"c2\"}\nc3,Ada\nada@example.com\n'c4'\nAda Lovelace\nc5\u00a0c6\nc7\n", Format{},
		[]string{"1:c1", "2!customer id contains '{' at byte 0; is this a record and not an id?", "3!customer id contains a comma at byte 2; is this a whole line and not an id?", "4!customer id contains '@' at byte 3; is this an e-mail address?",
			"5!customer id contains a single quote at byte 0; remove the quotes", "6!customer id contains white space (a space) at byte 3", "7!customer id contains white space (U+00A0) at byte 2", "8:c7"}},
	{"FirstIsAnAddress", "ada@example.com\nc1\n", Format{}, []string{"1!customer id contains '@' at byte 3; is this an e-mail address?", "2:c1"}},
	{"CSVWrongColumn", "id,mail\nc1,ada@example.com\n", Format{Column: "mail"}, []string{"2!customer id contains '@' at byte 3; is this an e-mail address?"}},
	{"JSONLWrongField", `{"mail": "ada@example.com"}`, Format{Field: "mail"}, []string{"1!customer id contains '@' at byte 3; is this an e-mail address?"}},
	{"CSV", "name,id\nAda,c1\n\"Bob, Jr\",c2\n", Format{Column: "id"}, []string{"2:c1", "3:c2"}},
	{"CSVWithBOMAndCRLF", "\ufeffid,name\r\nc1,Ada\r\n\r\nc2,Bob\r\n", Format{Column: "id"}, []string{"2:c1", "4:c2"}},
	{"CSVWithTwoDelimitersThatFit", "customer_id,a,b;customer_id\nc1,x,y;c2\n", Format{}, []string{"2:c1"}},
	{"CSVHeaderAgain", "name,KNr\nAda,c1\nName,knr\n", Format{Column: "KNr"}, []string{"2:c1", "3!customer id is the name of a column: is this a header?"}},
	{"CSVShortRow", "name,id\nAda\n,c2\n", Format{Column: "id"}, []string{`2!has no column "id": it has 1 cell and the header 2`, "3:c2"}},
	{"CSVOverLines", "note,id\n\"two\nlines\",c1\nx,c2\n", Format{Column: "id"}, []string{"2:c1", "4:c2"}},
	{"CSVBadQuote", "id,name\nc1,a\"b\nc2,x\n", Format{Column: "id"}, []string{"2!has a quote inside of a cell that is not quoted", "3:c2"}},
	{"CSVComment", "# list\nid\n# note\nc1\n", Format{Column: "id"}, []string{"4:c1"}},
	{"CSVNoComment", "name,id\n# note\n#1 Store,c1\n", Format{Column: "id"}, []string{"3:c1"}},
	{"CSVEmptyCell", "id,x\n,1\n", Format{Column: "id"}, []string{"2!customer id is empty"}},
	{"JSONL", `{"id": "c1"}` + "\n\n" + `{"x": 1, "id": "c2"}`, Format{Field: "id"}, []string{"1:c1", "3:c2"}},
	{"JSONLMistakes", "{\"x\": 1}\n{\"id\": 7}\nnull\n[]\nada@example.com\n", Format{Field: "id"},
		[]string{`1!has no field "id"`, `2!field "id" is not a string`, "3!not a JSON object", "4!not a JSON object", "5!not a JSON object"}},
	{"JSONLTwice", `{"id": "c1", "x": {"id": 1}, "id": "c2"}`, Format{Field: "id"}, []string{`1!has more than one field "id"`}},
	{"JSONLNested", `{"x": {"id": "c1"}, "id": "c2"}`, Format{Field: "id"}, []string{"1:c2"}},
	{"JSONLWithAnArray", `{"id": "c1", "tags": []}`, Format{}, []string{"1:c1"}},
	{"Array", "[\"c1\", \"c2\",\r\n\"c\\u0033\"]", Format{}, []string{"1:c1", "1:c2", "2:c3"}},
	{"ArrayMistakes", `["c1",7,,{"id":"c2"},"x\y",null]`, Format{},
		[]string{"1:c1", "1!element 2: the element is not a string", "1!element 3: is not valid JSON", "1!element 4: the element is not a string", "1!element 5: is not valid JSON", "1!element 6: the element is not a string"}},
	{"ArrayOfObjects", `[{"x": "]", "id": "c1"}, {"x": 1}, "c2"]`, Format{}, []string{"1:c1", `1!element 2: has no field "id"`, "1!element 3: not a JSON object"}},
	{"ArrayEndsWithAComma", `["c1",]`, Format{}, []string{"1:c1", "1!element 2: is not valid JSON"}},
	{"EmptyArray", " [ ] ", Format{}, nil},
	{"ArrayWithCommentsAbove", "# June\n\n[\"c1\"]", Format{}, []string{"3:c1"}},
	{"Formulas", "Name,Customer ID\nAda,=\"c1\"\nEve,\"=\"\"c2\"\"\"\n", Format{}, []string{"2:c1", "3:c2"}},
	{"MoreCellsThanTheHeader", "name,id\nLovelace, Ada,c1\nEve,c2,,\n", Format{},
		[]string{"2!has 3 cells and the header 2: is a cell with a delimiter or a line end not quoted?", "3:c2"}},
	{"FewerCellsThanTheHeader", "id,name,city\nc1,Ada Love\nlace,London\n", Format{},
		[]string{"2!has 2 cells and the header 3: is a cell with a delimiter or a line end not quoted?", "3!has 2 cells and the header 3: is a cell with a delimiter or a line end not quoted?"}},
	{"BlankRowsOfATable", "id,name\n,\n\nc1,\n\"\",\n", Format{}, []string{"4:c1", "5!customer id is empty"}},
	{"HeaderOfSeveralLines", "\"Customer\nID\";Name\nc1;Ada\n", Format{}, []string{"3:c1"}},
	{"CommentsOfATable", "# June, all\nid\n# note\n#N/A\n#\nc1\n", Format{}, []string{"4!customer id is an error of a spreadsheet, such as #N/A", "6:c1"}},
	{"CR", "c1\rc2\r\rc3", Format{}, []string{"1:c1", "2:c2", "4:c3"}},
	{"MixedLineEnds", "c1\r\nc2\nc3\rc4", Format{}, []string{"1:c1", "2:c2", "3:c3", "4:c4"}},
	{"JSONLNull", `{"id": null}`, Format{Field: "id"}, []string{`1!field "id" is not a string`}},
	{"JSONLNoUTF8", "{\"id\": \"c\xff\"}\n{\"id\": \"c\\ud800\"}", Format{Field: "id"}, []string{`1!field "id" is not valid UTF-8`, `2!field "id" is not valid UTF-8`}},
}

func TestScanner(t *testing.T) {
	t.Parallel()
	for _, c := range scanned {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := readAll(t, c.in, c.format)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
			// A line end may be split between two reads.
			slow, err := NewReader(iotest.OneByteReader(strings.NewReader(c.in)), Options{Format: c.format})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; slow.Scan(); i++ {
				if line, _, _ := strings.Cut(strings.Replace(c.want[i], "!", ":", 1), ":"); line != fmt.Sprint(slow.Record().Line) {
					t.Errorf("byte by byte, record %d is in line %d, want %s", i, slow.Record().Line, line)
				}
			}
			if slow.Count() != len(c.want) {
				t.Errorf("byte by byte, %d records", slow.Count())
			}
		})
	}
}

func gzipOf(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

// refused are files that are no lists, or not with certainty.
func refused(t *testing.T) []refusal {
	t.Helper()
	return []refusal{
		{"LongLine", "c1\n" + strings.Repeat("x", MaxLine+1), Format{}, "line 2: is longer than 1024 KiB"},
		{"EmptyCSV", "", Format{Column: "id"}, "is empty: want a header"},
		{"NoSuchColumn", "name,email\n", Format{Column: "id"}, `line 1: has no column "id"; it has "name" and "email"`},
		{"NoColumnOfIDs", "Name;E-Mail;Note\n", Format{}, `line 1: has no column that is called like a customer id; it has "Name", "E-Mail" and "Note"`},
		{"TwoColumns", "id,name,id\n", Format{Column: "id"}, `line 1: has more than one column "id"`},
		{"TwoColumnsFound", "id,name,id\n", Format{}, `line 1: has more than one column "id"`},
		{"TwoThatFit", "id,customer_id\n", Format{}, `line 1: has more than one column that could be the ids: "id" and "customer_id"`},
		{"TwoAlike", "Customer ID,customer_id\n", Format{Column: "customerid"}, `line 1: has more than one column like "customerid": "Customer ID" and "customer_id"`},
		{"QuoteNeverClosed", "id\na\n\"b\nc\nd\n", Format{Column: "id"}, "line 3: a quote is opened"},
		{"QuoteClosedWrongly", "id\n\"b\nc\"d\n", Format{Column: "id"}, "line 2: a quote is opened"},
		{"QuoteNeverClosedInALongFile", "id\na\n\"b\n" + strings.Repeat("c\n", MaxLine), Format{Column: "id"}, "line 3: has a record of more than 1024 KiB: perhaps a quote is not closed"},
		{"BrokenHeader", "a\"b\n", Format{Column: "id"}, "line 1: has a quote inside"},
		{"Zip", "PK\x03\x04 ids.csv", Format{}, "is a damaged Excel workbook"},
		{"Xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format{}, "is an Excel workbook (xls) or another Office document, not a list of ids"},
		{"UTF32", "\xff\xfe\x00\x00c\x00\x00\x00", Format{}, "is UTF-32 text, not a list of ids"},
		{"NoUTF16", "c1\nc2\n", Format{Encoding: "utf-16"}, "is not UTF-16 text"},
		{"UTF16AsOther", "\xff\xfec\x001\x00", Format{Encoding: "windows-1252"}, "is UTF-16 text, not a list of ids"},
		{"Binary", "c\x001\x01", Format{}, "is a binary file"},
		{"JSONOverLines", "{\n\"customers\": []}\n", Format{}, "line 1: looks like a JSON object over several lines"},
		{"JSONNoField", `{"name": "x", "n": 1}`, Format{}, `line 1: has no field that is called like a customer id; it has "name" and "n"`},
		{"JSONTwoFields", `{"id": "x", "customerId": "y"}`, Format{}, `line 1: has more than one field that could be the ids`},
		{"ArrayCutOff", "[\"c1\",\n", Format{}, "ends within its JSON array"},
		{"ArrayCutOffInAnElement", "[\"c1\",\n\"c", Format{}, "line 2: begins an element of a JSON array that does not end"},
		{"ArrayAndMore", "[\"c1\"]\n[\"c2\"]", Format{}, "line 2: goes on after the end of its JSON array"},
		{"ArrayLongElement", "[\"" + strings.Repeat("x", MaxLine+1), Format{}, "line 1: has an element of more than 1024 KiB"},
		{"RowsWithoutHeader", "0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11|Maria Silva|+5511987654321\n", Format{}, "line 1: looks like a row of a table without a header"},
		{"RowsWithAddresses", "Maria;maria@example.com\n", Format{}, "line 1: looks like a row of a table without a header"},
		{"RowsAlike", "c1;Maria\nc2;Ada\n", Format{}, "line 1: looks like a row of a table without a header"},
		{"OneQuotedID", "\"0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11\"\n", Format{}, "line 1: looks like a row of a table without a header"},
		{"TitleAboveTheHeader", "Customers to erase\n\nName;Customer ID\nAda;c1\n", Format{}, "line 3: looks like the header of a table, and is not its first row"},
		{"TitleRowAboveTheHeader", "Customers to erase;\n;\nName;Nr\nAda;c1\n", Format{Column: "nr"}, "line 3: looks like the header of a table, and is not its first row"},
		{"WrongDelimiter", "Name;Nr\nAda;c1\n", Format{Column: "nr", Delimiter: ","}, `line 1: has no column "nr"; it has only "Name;Nr"`},
		{"ObjectAroundAnArray", `{"customers": [{"id": "c1"}]}`, Format{}, "line 1: is a JSON object around an array"},
		{"GzipTwice", gzipOf(t, gzipOf(t, "c1")), Format{}, "is gzip data within gzip data, not a list of ids"},
		{"SheetOfText", "c1\n", Format{Sheet: "S"}, "is not an Excel workbook (xlsx), which --sheet is for"},
		{"FieldAndColumn", "", Format{Column: "id", Field: "id"}, "--field is for JSON, and --column"},
		{"SheetAndDelimiter", "", Format{Sheet: "S", Delimiter: ";"}, "--sheet is for Excel workbooks"},
		{"Delimiter", "", Format{Delimiter: "ab"}, "--delimiter wants one character"},
		{"DelimiterOfIDs", "", Format{Delimiter: "-"}, "--delimiter wants one character"},
		{"Encoding", "", Format{Encoding: "utf-9"}, "--encoding wants one of iso-8859-1, iso-8859-15, utf-16, utf-16be, utf-16le, utf-8, windows-1252"},
	}
}

type refusal struct {
	name, in string
	format   Format
	want     string
}

func TestScannerRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range refused(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := readAll(t, c.in, c.format); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestCustomerIDsOfLists(t *testing.T) {
	t.Parallel()
	wiretest.TestCustomerIDs(t, func(t *testing.T, id string) bool {
		line, err := json.Marshal(map[string]string{"id": id})
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewReader(bytes.NewReader(line), Options{Format: Format{Field: "id"}})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Scan() {
			t.Fatalf("no record: %v", s.Err())
		}
		if id == "a.json" || id == "..." { // elsewhere ids; in a list, the name of a file, and a line that was drawn
			return s.Record().Err != nil
		}
		return s.Record().Err == nil && s.Record().ID == id
	})
}
