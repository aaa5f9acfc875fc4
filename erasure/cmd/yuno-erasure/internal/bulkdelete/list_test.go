package bulkdelete_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

func gzipOf(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

// utf16Of returns the text as Excel saves "Unicode text".
func utf16Of(text string) string {
	encoded := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = append(encoded, byte(unit), byte(unit>>8))
	}
	return string(encoded)
}

// workbookOf returns a workbook with one column.
func workbookOf(t *testing.T, cells ...string) string {
	t.Helper()
	var rows strings.Builder
	for i, cell := range cells {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>`, i+1, i+1, cell)
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", "<Types/>"},
		{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + rows.String() + "</sheetData></worksheet>"},
	} {
		w, err := archive.Create(part[0])
		if err == nil {
			_, err = w.Write([]byte(part[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Lists as people have them are read without a flag, sent, resumed, and described.
func TestListsOfEveryKind(t *testing.T) {
	const german = "sep=;\r\n\"Customer ID\";\"E-mail\"\r\n# comment\r\nc0;ada@example.com\r\n\r\nc1;eve@example.com\r\n"
	for _, c := range []struct{ name, text, readAs string }{
		{"ids.txt", "# June\nc0\n#\nc1\n", "one id per line; 2 comments skipped."},
		{"a.csv", german, `CSV, ";", column "Customer ID"; 2 comments and blank lines skipped.`},
		{"utf16.csv", utf16Of(german), `CSV, ";", UTF-16LE, column "Customer ID"; 2 comments and blank lines skipped.`},
		{"tabs.txt", "E-mail\tcustomer_id\rada@example.com\tc0\reve@example.com\tc1\r", `CSV, tab, column "customer_id".`},
		{"a.csv.gz", gzipOf(t, german), `CSV, gzip, ";", column "Customer ID"; 2 comments and blank lines skipped.`},
		{"a.json", `[{"customerId": "c0"}, {"customerId": "c1"}]`, `a JSON array, field "customerId".`},
		{"ids.json", `["c0", "c1"]`, "a JSON array."},
		{"a.jsonl", "{\"id\": \"c0\"}\n{\"id\": \"c1\"}\n", `JSON lines, field "id".`},
		{"a.xlsx", workbookOf(t, "Customer ID", "c0", "c1"), `an Excel workbook, sheet "Sheet1", column "Customer ID".`},
	} {
		t.Run(c.name, func(t *testing.T) {
			sb := newYuno(t, 2)
			file := clitest.WriteFile(t, c.name, c.text)
			expect(t, command.ExitOK, "The list was read as: "+c.readAs+"\nNote: 2 of 2 do not look like Yuno's ids, which are UUIDs.\n", "", "--file", file, "--dry-run")
			sb.FailCustomer("c1", forbidden)
			expect(t, exitFailed, "1 accepted", "The list was read as: "+c.readAs+"\n", "--file", file)
			sb.FailCustomer("c1", noFault)
			expect(t, command.ExitOK, "2 accepted", "", "--file", file, "--resume")

			sb = newYuno(t, 2)
			journal := filepath.Join(t.TempDir(), "j")
			code, _, stderr := clitest.RunWithInput(t.Context(), strings.NewReader(c.text), "delete", "--file", "-", "--journal", journal, "--yes")
			if code != command.ExitOK || remaining(sb) != 0 {
				t.Errorf("from standard input: exit status %d\n%s", code, stderr)
			}
		})
	}
}

// Flags say what cannot be found out.
func TestFormatFlags(t *testing.T) {
	for _, c := range []struct {
		name, text string
		args       []string
	}{
		{"a.csv", "Kunde:Nr\nAda:c0\n", []string{"--column", "nr", "--delimiter", ":"}},
		{"a.csv", "Kunde\tNr\nAda\tc0\n", []string{"--column", "NR", "--delimiter", "tab"}},
		{"a.csv", "N\xfamero;Nome\nc0;Zo\xeb\n", []string{"--column", "Número", "--encoding", "windows-1252"}},
		{"a.json", `[{"a": "x", "Kunden-Nr": "c0"}]`, []string{"--field", "kunden nr"}},
		{"a.xlsx", workbookOf(t, "Nr", "c0"), []string{"--column", "Nr", "--sheet", "sheet 1"}},
		{"id.csv", "ID,id\nx,c0\n", []string{"--column", "id"}},
	} {
		sb := newYuno(t, 1)
		expect(t, command.ExitOK, "1 accepted", "", append([]string{"--file", clitest.WriteFile(t, c.name, c.text)}, c.args...)...)
		if remaining(sb) != 0 {
			t.Errorf("%v: not erased", c.args)
		}
	}
}

// What is no id is named by its line and reason on the screen, in reports and as JSON. It
// is not sent and not repeated, and nothing is left out in silence.
func TestWhatIsNoID(t *testing.T) {
	sb := pointAt(t, sandbox.New(t, sandbox.WithCustomers(ids(3)...)))
	bad := []string{"#N/A", "#REF!", "1.23E+11", "+5511987654321", "5511987654321", "4111111111111111", "12345678909", "NULL", "-", "my.csv", "customer_id",
		"ada@example.com", "c5|Maria", "[", "2026-01-02"}
	lines := append([]string{"c0", "c1", "c2"}, bad...)
	lines = append(lines, bad...)
	file := clitest.WriteFile(t, "ids.txt", strings.Join(lines, "\n"))
	csv, jsonl := filepath.Join(t.TempDir(), "r.csv"), filepath.Join(t.TempDir(), "r.jsonl")

	code, stdout, stderr := clitest.Run(t.Context(), "delete", "--file", file, "--report", csv)
	if code != command.ExitUsage || !strings.Contains(stderr, "30 of 33 lines have no valid id, 3 of 3 do not look like Yuno's ids, which are UUIDs, and there is no terminal to ask for confirmation on") ||
		!strings.Contains(stderr, ":4: customer id is an error of a spreadsheet") || !strings.Contains(stderr, ": and 10 more: in the report, line by line (--report FILE)") {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr = clitest.Run(t.Context(), "delete", "--file", file, "--report", csv, "--report", jsonl, "--yes", "--json")
	if code != exitFailed || len(sb.Requests()) != 3 {
		t.Errorf("exit status %d, %d requests\n%s%s", code, len(sb.Requests()), stdout, stderr)
	}
	checkInvalidLines(t, stdout, len(bad))
	for _, path := range []string{csv, jsonl, file + ".journal"} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range bad {
			if len(text) > 4 && text != "customer_id" && strings.Contains(string(content), text) {
				t.Errorf("%s repeats %q", filepath.Base(path), text)
			}
		}
		if n := strings.Count(string(content), "customer id "); n != 2*len(bad) {
			t.Errorf("%s has %d reasons", filepath.Base(path), n)
		}
	}
	_, stdout, _ = clitest.Run(t.Context(), "delete", "--file", file, "--dry-run", "--json")
	checkInvalidLines(t, stdout, len(bad))
}

func checkInvalidLines(t *testing.T, output string, bad int) {
	t.Helper()
	var got struct {
		Invalid      int
		InvalidLines []struct {
			Line   int
			Reason string
		} `json:"invalid_lines"`
	}
	if err := json.Unmarshal([]byte(output), &got); err != nil || got.Invalid != 2*bad || len(got.InvalidLines) != 2*bad {
		t.Fatalf("%v\n%s", err, output)
	}
	for i, line := range got.InvalidLines {
		if line.Line != i+4 || line.Reason == "" {
			t.Errorf("invalid line %d is %+v", i, line)
		}
	}
}

// A list of numbers or words is likely the wrong column: it needs a confirmation, however
// short it is. Other ids that are no UUIDs do not.
func TestDoubtfulListsNeedConfirmation(t *testing.T) {
	for text, want := range map[string]int{
		"1001\n1002\nc0\n": command.ExitUsage, "anna\nbert\n": command.ExitUsage,
		"c0\nc1\n1001\n": command.ExitNotFound, "0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11\n": command.ExitNotFound,
	} {
		newYuno(t, 2)
		code, _, stderr := clitest.Run(t.Context(), "delete", "--file", clitest.WriteFile(t, "ids.txt", text))
		if code != want || (code == command.ExitUsage) != strings.Contains(stderr, "are numbers or words, and there is no terminal") {
			t.Errorf("%q: exit status %d\n%s", text, code, stderr)
		}
	}
}

// A small file cannot fill memory or disk with what it is unpacked to.
func TestGzipBomb(t *testing.T) {
	sb := newYuno(t, 1)
	for name, c := range map[string]struct{ text, want string }{
		"OneLine": {strings.Repeat("x", 2<<20), ":1: is longer than 1024 KiB"},
		"Lines":   {strings.Repeat("c0\n", 2<<20), "the gzip data has more lines than bytes"},
		"Damaged": {"c0\nc1\n", "the gzip data"},
	} {
		file := gzipOf(t, c.text)
		if name == "Damaged" {
			file = file[:len(file)-9] + "damaged!"
		}
		expect(t, command.ExitUsage, "", c.want, "--file", clitest.WriteFile(t, "a.gz", file), "--yes")
	}
	if remaining(sb) != 1 {
		t.Error("sent something")
	}
}
