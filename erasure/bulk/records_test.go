package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

func readAll(t *testing.T, text string, f Format) (records []string, err error) {
	t.Helper()
	s, err := newRecordScanner(strings.NewReader(text), f)
	if err != nil {
		return nil, err
	}
	for n := 0; s.Scan(); n++ {
		r := s.Record()
		if r.N != n {
			t.Errorf("record %d is numbered %d", n, r.N)
		}
		if r.Err != nil && !wire.MayRepeat(r.ID) {
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

func TestScanner(t *testing.T) {
	t.Parallel()
	cases := []struct {
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
		{"CSVShortRow", "name,id\nAda\n,c2\n", Format{Column: "id"}, []string{`2!has no column "id"`, "3:c2"}},
		{"CSVOverLines", "note,id\n\"two\nlines\",c1\nx,c2\n", Format{Column: "id"}, []string{"2:c1", "4:c2"}},
		{"CSVBadQuote", "id,name\nc1,a\"b\nc2,x\n", Format{Column: "id"}, []string{`2!bare " in non-quoted-field`, "3:c2"}},
		{"CSVComment", "# list\nid\n# note\nc1\n", Format{Column: "id"}, []string{"4:c1"}},
		{"CSVNoComment", "name,id\n# note\n#1 Store,c1\n", Format{Column: "id"}, []string{"3:c1"}},
		{"CSVEmptyCell", "id,x\n,1\n", Format{Column: "id"}, []string{"2!customer id is empty"}},
		{"JSONL", `{"id": "c1"}` + "\n\n" + `{"x": 1, "id": "c2"}`, Format{Field: "id"}, []string{"1:c1", "3:c2"}},
		{"JSONLMistakes", "{\"x\": 1}\n{\"id\": 7}\nnull\n[]\nada@example.com\n", Format{Field: "id"},
			[]string{`1!has no field "id"`, `2!field "id" is not a string`, "3!not a JSON object", "4!not a JSON object", "5!not a JSON object"}},
		{"JSONLTwice", `{"id": "c1", "x": {"id": 1}, "id": "c2"}`, Format{Field: "id"}, []string{`1!has more than one field "id"`}},
		{"JSONLNested", `{"x": {"id": "c1"}, "id": "c2"}`, Format{Field: "id"}, []string{"1:c2"}},
		{"JSONLNull", `{"id": null}`, Format{Field: "id"}, []string{`1!field "id" is not a string`}},
		{"JSONLNoUTF8", "{\"id\": \"c\xff\"}\n{\"id\": \"c\\ud800\"}", Format{Field: "id"}, []string{`1!field "id" is not valid UTF-8`, `2!field "id" is not valid UTF-8`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := readAll(t, c.in, c.format)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

func TestScannerRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		format   Format
		want     string
	}{
		{"LongLine", "c1\n" + strings.Repeat("x", maxLine+1), Format{}, "line 2: is longer than 1024 KiB"},
		{"EmptyCSV", "", Format{Column: "id"}, "is empty: want a header"},
		{"NoSuchColumn", "name,email\n", Format{Column: "id"}, `line 1: has no column "id" among the 2 that it names`},
		{"QuoteNeverClosed", "id\na\n\"b\nc\nd\n", Format{Column: "id"}, "line 3: a quote is opened"},
		{"BrokenHeader", "a\"b\n", Format{Column: "id"}, "line 1: "},
		{"Gzip", "\x1f\x8b\x08\x00", Format{}, "is gzip data, not text in UTF-8"},
		{"Workbook", "PK\x03\x04 [Content_Types].xml", Format{Column: "id"}, "is an Excel workbook (xlsx)"},
		{"UTF16", "\xff\xfec\x001\x00", Format{}, "is UTF-16 text"},
		{"UTF16WithoutMark", "{\x00\"\x00i\x00d\x00", Format{Field: "id"}, "is UTF-16 text without a byte order mark"},
		{"JSONObjects", "# of June\n{\"id\": \"c1\"}\n", Format{}, "line 2: looks like a JSON object, not an id"},
		{"JSONArray", "[\"c1\",\n", Format{}, "line 1: looks like a JSON array, not an id"},
		{"CSVForIDs", "c1,Ada\n", Format{}, "line 1: looks like CSV, not an id"},
		{"QuoteNeverClosedInALongFile", "id\na\n\"b\n" + strings.Repeat("c\n", maxLine), Format{Column: "id"}, "line 3: has a record of more than 1024 KiB: perhaps a quote is not closed"},
		{"QuotedCSVForIDs", "\"c1\"\n", Format{}, "line 1: looks like CSV, not an id"},
		{"OneColumnForIDs", "\ufeffCustomer_ID\nc1\n", Format{}, "line 1: looks like the header of CSV, not an id"},
		{"SemicolonsForIDs", "c1;Ada\n", Format{}, "line 1: looks like a table, not an id"},
		{"TabsForIDs", "c1\tAda\n", Format{}, "line 1: looks like a table, not an id"},
		{"Both", "", Format{Column: "id", Field: "id"}, "give one of them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := readAll(t, c.in, c.format); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func FuzzScanner(f *testing.F) {
	f.Add("c1\n#x\n\nc2", 0)
	f.Add("\ufeffid,name\r\nc1,\"a\nb\"\r\n", 1)
	f.Add(`{"id":"c1"}`+"\nnull\n", 2)
	f.Fuzz(func(t *testing.T, in string, kind int) {
		format := []Format{{}, {Column: "id"}, {Field: "id"}}[uint(kind)%3]
		s, err := newRecordScanner(strings.NewReader(in), format)
		if err != nil {
			return
		}
		last := 0
		for s.Scan() {
			r := s.Record()
			if r.Line < last || r.Line == 0 {
				t.Fatalf("line %d after line %d", r.Line, last)
			}
			last = r.Line
			if (r.Err == nil) != (wire.CheckCustomerID(r.ID) == nil) || r.Err != nil && !wire.MayRepeat(r.ID) {
				t.Fatalf("id %q with error %v", r.ID, r.Err)
			}
		}
	})
}

func TestCustomerIDsOfLists(t *testing.T) {
	t.Parallel()
	wiretest.TestCustomerIDs(t, func(t *testing.T, id string) bool {
		line, err := json.Marshal(map[string]string{"id": id})
		if err != nil {
			t.Fatal(err)
		}
		s, err := newRecordScanner(bytes.NewReader(line), Format{Field: "id"})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Scan() {
			t.Fatalf("no record: %v", s.Err())
		}
		return s.Record().Err == nil && s.Record().ID == id
	})
}
