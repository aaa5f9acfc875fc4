package idlist

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWorkbook(t *testing.T) {
	t.Parallel()
	const header = `<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c><c r="B1" t="inlineStr"><is><t>Customer ID</t></is></c></row>`
	sharedBook := book{
		order:  []string{"List"},
		sheets: map[string]string{"List": `<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row><row><c t="s"><v>3</v></c><c t="s"><v>4</v></c></row><row r="9"><c r="B9" t="s"><v>5</v></c></row>`},
		texts: `<si><t># of June</t></si><si><t>Name</t></si><si><r><t>Customer </t></r><r><t>ID</t></r></si>` +
			`<si><t>Ada</t><rPh sb="0" eb="1"><t>x</t></rPh></si><si><t xml:space="preserve"> c1_x000D_
</t></si><si><t>c2<!-- --></t><rPh sb="0" eb="1"><t>x</t></rPh></si>`,
	}
	for _, c := range []struct {
		name   string
		book   []byte
		format Format
		want   []string
	}{
		{"Texts", oneSheet(t, rowsOf([][]string{{"Name", "Customer ID"}, {"Ada", "c1"}, {}, {"", "c2"}})), Format{}, []string{"2:c1", "4:c2"}},
		{"SharedTexts", sharedBook.bytes(t), Format{}, []string{"3:c1", "9:c2"}},
		{"Column", oneSheet(t, rowsOf([][]string{{"a", "b"}, {"c1", "c2"}})), Format{Column: "B"}, []string{"2:c2"}},
		{"Sheet", book{order: []string{"x", "My List"}, sheets: map[string]string{"x": rowsOf([][]string{{"id"}, {"c1"}}), "My List": rowsOf([][]string{{"id"}, {"c2"}})}}.bytes(t),
			Format{Sheet: "mylist"}, []string{"2:c2"}},
		{"OnlySheetWithContent", book{order: []string{"x", "y", "z"}, hidden: []string{"z"}, sheets: map[string]string{"y": rowsOf([][]string{{"id"}, {"c2"}}), "z": rowsOf([][]string{{"id"}, {"c3"}})}}.bytes(t),
			Format{}, []string{"2:c2"}},
		{"BlankCell", oneSheet(t, rowsOf([][]string{{"Name", "id"}, {"Ada"}})), Format{}, []string{"2!customer id is empty"}},
		{"Errors", oneSheet(t, header+`<row r="2"><c r="B2" t="e"><v>#N/A</v></c></row><row r="3"><c r="B3"><f>A1</f></c></row><row r="4"><c r="B4" t="b"><v>1</v></c></row><row r="5"><c r="B5" t="str"><f>A1</f><v>c5</v></c></row>`),
			Format{}, []string{"2!customer id is an error of a spreadsheet, such as #N/A", "3!customer id is a formula without a result: open the workbook in Excel and save it", "4!customer id is true or false and no id", "5:c5"}},
		{"Numbers", book{
			order: []string{"S"}, styles: `<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="49"/></cellXfs><cellStyleXfs><xf numFmtId="1"/></cellStyleXfs>`,
			sheets: map[string]string{"S": header + `<row r="2"><c r="B2" s="0"><v>123456</v></c></row><row r="3"><c r="B3" s="1"><v>45000</v></c></row><row r="4"><c r="B4" s="2"><v>1.2345678901234501E+19</v></c></row><row r="5"><c r="B5"><v>1234567890123456</v></c></row>`}}.bytes(t),
			Format{}, []string{"2:123456", "3!customer id is a number or a date that the sheet shows in another form: format the column as text",
				"4!customer id is a number, of which Excel keeps 15 digits only: format the column as text and enter it again",
				"5!customer id is a number, of which Excel keeps 15 digits only: format the column as text and enter it again"}},
		{"SecondHeader", oneSheet(t, rowsOf([][]string{{"Name", "Customer ID"}, {"Name", "Customer ID"}})), Format{}, []string{"2!customer id is the name of a column: is this a header?"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := readAll(t, string(c.book), c.format)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

// A sheet that a filter was applied to has all rows.
func TestHiddenRows(t *testing.T) {
	t.Parallel()
	file := oneSheet(t, rowsOf([][]string{{"id"}, {"c1"}})+`<row r="3" hidden="1">`+cellOf("A3", "c2")+`</row>`)
	r, err := NewReader(bytes.NewReader(file), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for r.Scan() {
		continue
	}
	if got := r.Reading().String(); r.Count() != 2 || got != `an Excel workbook, sheet "Sheet1", column "id"; 1 row that the sheet hides is in the list` {
		t.Errorf("%d records, %s", r.Count(), got)
	}
}

func TestWorkbookRefuses(t *testing.T) {
	t.Parallel()
	two := book{order: []string{"a", "b"}, sheets: map[string]string{"a": rowsOf([][]string{{"id"}}), "b": rowsOf([][]string{{"id"}})}}.bytes(t)
	ids := rowsOf([][]string{{"id"}, {"c1"}})
	for _, c := range []struct {
		name   string
		file   []byte
		format Format
		want   string
	}{
		{"Zip", zipped(t, map[string]string{"ids.csv": ""}), Format{}, "is an Excel workbook (xlsx) or another Office document, not a list of ids"},
		{"TwoSheets", two, Format{}, `has more than one sheet: "a" and "b"`},
		{"NoSuchSheet", two, Format{Sheet: "c"}, `has no sheet "c"; it has "a" and "b"`},
		{"NoSheet", book{}.bytes(t), Format{}, "whose sheets are all empty or hidden"},
		{"OnlyComments", oneSheet(t, rowsOf([][]string{{"# x"}})), Format{}, "has a sheet without a table"},
		{"NoColumn", oneSheet(t, rowsOf([][]string{{"Name", "Note"}})), Format{}, `line 1: has no column that is called like a customer id; it has "Name" and "Note"`},
		{"TitleAboveTheHeader", oneSheet(t, rowsOf([][]string{{"Customers"}, {}, {"Name", "Customer ID"}})), Format{}, "line 3: looks like the header of a table, and is not its first row"},
		{"NoHeader", oneSheet(t, rowsOf([][]string{{"ada@example.com", "c1"}})), Format{}, "line 1: looks like a row of a table without a header"},
		{"Field", two, Format{Field: "id"}, "which --field, --delimiter and --encoding are not for"},
		{"CutOff", oneSheet(t, ids)[:300], Format{}, "is a damaged Excel workbook"},
		{"NoXML", oneSheet(t, ids+"<row><c></row>"), Format{}, "is a damaged Excel workbook"},
		{"NoSuchText", oneSheet(t, ids+`<row><c t="s"><v>7</v></c></row>`), Format{}, "is a damaged Excel workbook"},
		{"TextOfNoNumber", oneSheet(t, ids+`<row><c t="s"><v>-7</v></c></row>`), Format{}, "is a damaged Excel workbook"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := readAll(t, string(c.file), c.format); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
	t.Run("Pipe", func(t *testing.T) {
		t.Parallel()
		_, err := NewReader(io.MultiReader(bytes.NewReader(two)), Options{})
		if err == nil || !strings.Contains(err.Error(), "cannot be read from a pipe") {
			t.Errorf("got %v", err)
		}
	})
}

// A small workbook cannot fill memory, whatever is in it.
func TestHostileWorkbooks(t *testing.T) { // not in parallel: the memory of other tests would count
	const large, header = 2 << 20, `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`
	shared := func(texts string) []byte {
		return book{order: []string{"S"}, sheets: map[string]string{"S": header + `<row r="2"><c r="A2" t="s"><v>16000000</v></c></row>`}, texts: `<si><t>id</t></si>` + texts}.bytes(t)
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"LongCell":      {oneSheet(t, `<row><c t="inlineStr"><is><t>`+strings.Repeat("x", large)), errTooLarge},
		"LongAttribute": {oneSheet(t, `<row r="`+strings.Repeat("1", large)+`">`), errTooLarge},
		"DeepElements":  {oneSheet(t, `<row><c><v/>`+strings.Repeat("<t>", large/3)), errTooLarge},
		"ManyCells":     {oneSheet(t, "<row><c><v>1</v></c>"+strings.Repeat("<c/>", large/4)), errTooLarge},
		"LongText":      {shared("<si><t>" + strings.Repeat("x", large)), errTooLarge},
		"DeepTexts":     {shared("<si>" + strings.Repeat("<r>", large/3)), errTooLarge},
		"EmptyTexts":    {shared(strings.Repeat("<si/>", large/5)), errDamaged},
		"LastRow":       {oneSheet(t, `<row r="1048577"><c><v>1</v></c></row>`), errTooLarge},
		"ManyParts":     {manyParts(t), errTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			peak := peakMemory()
			r, err := NewReader(bytes.NewReader(c.file), Options{})
			for err == nil && r.Scan() {
				continue
			}
			if err == nil {
				err = r.Err()
			}
			const most = 32 << 20
			if grown := peak(); !errors.Is(err, c.want) || grown > most {
				t.Errorf("took %d MiB: %v", grown>>20, err)
			}
		})
	}
}

// peakMemory watches the heap, and returns a function that returns by how much it has grown
// at most.
func peakMemory() func() uint64 {
	inUse := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before, stop, result := inUse(), make(chan struct{}), make(chan uint64)
	go func() {
		most := before
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, inUse())
			select {
			case <-stop:
				result <- most - before
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-result
	}
}

// manyParts returns a workbook with a directory of more than 4 MiB.
func manyParts(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for i := range 200 {
		if _, err := archive.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%030000d", i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSharedTextsAreLimited(t *testing.T) {
	t.Parallel()
	texts := sharedTexts{places: map[int]*[placeBlock]uint32{}}
	long := bytes.Repeat([]byte("x"), 2*longestText)
	n := 0
	for texts.add(n, long) == nil {
		n++
	}
	if taken := n * longestText; taken > MaxWorkbookText || taken < MaxWorkbookText/2 {
		t.Errorf("keeps %d texts", n)
	}
	if text, ok := texts.get(n - 1); !ok || len(text) != longestText {
		t.Errorf("got %d bytes", len(text))
	}
	if _, ok := texts.get(n); ok {
		t.Error("has a text that was not added")
	}
	// Far numbers do not take memory for those between them.
	far := sharedTexts{places: map[int]*[placeBlock]uint32{}}
	if err := far.add(maxTexts-1, []byte("c1")); err != nil {
		t.Fatal(err)
	}
	if text, ok := far.get(maxTexts - 1); !ok || text != "c1" {
		t.Errorf("got %q", text)
	}
}
