package idlist

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

// tableRow is a row of a table in every format.
type tableRow struct{ name, id, note string }

// inEveryFormat returns the same table in every format, by a name of that.
func inEveryFormat(t testing.TB, rows []tableRow) map[string][]byte {
	t.Helper()
	header := tableRow{"Name", "Customer ID", "Note"}
	files := map[string][]byte{}
	for name, delimiter := range map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t', "bar": '|'} {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = delimiter
		for _, r := range append([]tableRow{header}, rows...) {
			if err := w.Write([]string{r.name, r.id, r.note}); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		files["csv, "+name] = b.Bytes()
	}
	text := string(files["csv, semicolon"])
	files["csv, sep="] = []byte("sep=;\r\n" + text)
	files["csv, BOM"] = []byte("\ufeff" + text)
	files["csv, CRLF"] = []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	files["csv, CR"] = []byte(strings.ReplaceAll(text, "\n", "\r"))
	for name, e := range map[string]encoding.Encoding{
		"UTF-16LE": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16LE, BOM": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16BE": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "UTF-16BE, BOM": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	} {
		encoded, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		files["csv, "+name] = []byte(encoded)
	}
	var objects []string
	cells := [][]string{{header.name, header.id, header.note}}
	for _, r := range rows {
		object, err := json.Marshal(map[string]string{"name": r.name, "customerId": r.id, "note": r.note})
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, string(object))
		cells = append(cells, []string{r.name, r.id, r.note})
	}
	files["jsonl"] = []byte(strings.Join(objects, "\n"))
	files["array"] = []byte("[" + strings.Join(objects, ",") + "]")
	files["array, lines"] = []byte("[\n  " + strings.Join(objects, ",\n  ") + "\n]\n")
	files["xlsx"] = oneSheet(t, rowsOf(cells))
	addCompressed(t, files)
	return files
}

// addCompressed adds some of the files as gzip data.
func addCompressed(t testing.TB, files map[string][]byte) {
	t.Helper()
	for _, name := range []string{"csv, semicolon", "csv, UTF-16LE, BOM", "jsonl", "array"} {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(files[name]); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		files[name+", gzip"] = b.Bytes()
	}
}

// idsIn returns the ids of a list, and "!" for each record without one.
func idsIn(file []byte) (ids []string, reading Reading, err error) {
	r, err := NewReader(bytes.NewReader(file), Options{})
	if err != nil {
		return nil, Reading{}, err
	}
	for r.Scan() {
		if r.Record().Err != nil {
			ids = append(ids, "!")
			continue
		}
		ids = append(ids, r.Record().ID)
	}
	return ids, r.Reading(), r.Err()
}

// The same table has the same ids in every format.
func TestEveryFormatHasTheSameIDs(t *testing.T) {
	t.Parallel()
	rows := []tableRow{
		{"Ada", "0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "first"}, {"Bob, Jr; the | third\t", "c2", `says "no"`},
		{"Zoë", "#N/A", "ü"}, {"Eve", "", "no id"}, {"Kim\nLee", "c3", ""}, {"Customer ID", "Customer ID", "x"}, {"Leo", "4111111111111111", ""},
	}
	want := []string{"0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "c2", "!", "!", "c3", "!", "!"}
	for name, file := range inEveryFormat(t, rows) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, reading, err := idsIn(file)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: got %q, %v\nwant %q", reading, got, err, want)
			}
		})
	}
}

func FuzzFormats(f *testing.F) {
	f.Add("Ada", "c1", "x", "Bob", "#N/A", "1,5")
	f.Add("Ada;\"", "0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "\n", "", "", "x")
	f.Add("#", "#N/A", "# x", "sep=;", "4111-1111-1111-1111", "=\"x\"")
	f.Fuzz(func(t *testing.T, name1, id1, note1, name2, id2, note2 string) {
		for _, text := range []string{name1, id1, note1, name2, id2, note2} {
			// What some format cannot have in a cell: CR and control characters.
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
				return r < ' ' && r != '\n' && r != '\t' || r == '\ufeff' || r == utf8.RuneError || r >= 0xfffe && r <= 0xffff
			}) {
				return
			}
			if strings.Contains(text, "_x") || len(text) > 1000 { // an escape in one format only; the first line of a sample
				return
			}
		}
		for _, id := range []string{id1, id2} {
			if strings.HasPrefix(strings.TrimSpace(id), `="`) { // text in JSON, and a formula in tables
				return
			}
		}
		rows := []tableRow{{"n" + name1, id1, "x" + note1}, {"n" + name2, id2, "x" + note2}}
		want, _, err := idsIn(oneSheet(t, rowsOf([][]string{{"Name", "Customer ID", "Note"}, {rows[0].name, id1, rows[0].note}, {rows[1].name, id2, rows[1].note}})))
		if err != nil {
			t.Fatal(err)
		}
		for format, file := range inEveryFormat(t, rows) {
			got, reading, err := idsIn(file)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s (%s): got %q, %v; the workbook has %q", format, reading, got, err, want)
			}
		}
	})
}

// Any file at all is read or rejected, and no record has both an id and an error.
func FuzzReader(f *testing.F) {
	for _, file := range inEveryFormat(f, []tableRow{{"Ada", "c1", ""}, {"\"", "c2", "x,"}}) {
		f.Add(file, "")
	}
	f.Add([]byte("c1\n#x\n\nc2"), "")
	f.Add([]byte("sep=;\nid;id\nc1"), "ID")
	f.Add([]byte("[[\"\\\"]"), "id")
	f.Add([]byte("\x1f\x8b\x08\x00"), "")
	f.Fuzz(func(t *testing.T, file []byte, name string) {
		for _, format := range []Format{{}, {Column: name}, {Field: name}, {Delimiter: ";"}, {Encoding: "utf-16"}, {Sheet: name}, {MerchantIDs: true}} {
			r, err := NewReader(bytes.NewReader(file), Options{Format: format})
			if err != nil {
				continue
			}
			last := 0
			for r.Scan() {
				record := r.Record()
				if record.Line < last || record.Line == 0 {
					t.Fatalf("line %d after line %d", record.Line, last)
				}
				last = record.Line
				if (record.Err == nil) != (format.Rule().Check(record.ID) == nil) || record.Err != nil && record.ID != "" {
					t.Fatalf("id %q with error %v", record.ID, record.Err)
				}
			}
			checkResolved(t, file, format, r)
		}
	})
}

// checkResolved checks that the format which was found finds the same records.
func checkResolved(t *testing.T, file []byte, format Format, first *Reader) {
	t.Helper()
	second, err := NewReader(bytes.NewReader(file), Options{Format: first.Resolved(format)})
	if err != nil {
		t.Fatalf("%s: again: %v", first.Reading(), err)
	}
	for second.Scan() {
		continue
	}
	if first.Count() != second.Count() || first.Reading() != second.Reading() || fmt.Sprint(first.Err()) != fmt.Sprint(second.Err()) {
		t.Fatalf("%s and %s: %d records, then %d", first.Reading(), second.Reading(), first.Count(), second.Count())
	}
}
