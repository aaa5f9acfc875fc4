package bulkdelete_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// A list whose ids cannot be found with certainty is rejected before anything is sent or
// recorded, and the message shows nothing of its rows.
func TestUnclearFormat(t *testing.T) {
	sb := pointAt(t, sandbox.New(t, sandbox.WithCustomers(ids(3)...)))
	const object, row = `{"name": "c0", "email": "ada@example.com"}` + "\n", "c0,ada@example.com\n"
	const noHeader = ":1: looks like a row of a table without a header"
	for _, c := range []struct{ name, text, want string }{
		{"a.jsonl", object, `:1: has no field that is called like a customer id; it has "name" and "email"` + "\nTry: --field with the name"},
		{"a.json", "[\n" + object + "]\n", `:2: has no field that is called like a customer id`},
		{"a.csv", "name,email\n" + row, `:1: has no column that is called like a customer id; it has "name" and "email"` + "\nTry: --column with the name"},
		{"a.csv", "id,customer_id\n" + row, `:1: has more than one column that could be the ids: "id" and "customer_id"` + "\nTry: --column"},
		{"a.csv", "id,id\n" + row, `:1: has more than one column "id"` + "\nTry: a copy of the file in which the other one has another name"},
		{"a.txt", row, noHeader},
		{"a.tsv", "c0\tada@example.com\n", noHeader},
		{"a.csv", "c0;ada@example.com\n", noHeader},
		// The content looks like one id per line, but the name says otherwise.
		{"A.CSV", "kunde nr\nc0\n", ": does not look like a plain list of ids, judging by its name\nTry: --column NAME, or a name that ends in .txt"},
		{"a.tsv", "c0\n", ": does not look like a plain list of ids, judging by its name\nTry: --column NAME"},
		{"a.json", "c0\n", ": does not look like a plain list of ids, judging by its name\nTry: --field NAME"},
		{"a.csv", "", ": contains no id\nTry: a file with ids"},
	} {
		file := clitest.WriteFile(t, c.name, c.text)
		for _, more := range [][]string{{"--dry-run"}, {"--yes"}} {
			code, stdout, stderr := clitest.Run(t.Context(), append([]string{"delete", "--file", file}, more...)...)
			if code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, filepath.Base(file)+c.want) ||
				strings.Contains(stderr, "ada@") {
				t.Errorf("%s, %q, %v: exit status %d\n%s%s", c.name, c.text, more, code, stdout, stderr)
			}
		}
		if _, err := os.Stat(file + ".journal"); err == nil {
			t.Errorf("%s, %q: left a journal", c.name, c.text)
		}
	}
	expect(t, command.ExitUsage, "", "id 2 contains '@' at byte 3; is this an e-mail address?\n",
		"c0", "ada@example.com")
	expect(t, command.ExitUsage, "", "id 1 contains '{' at byte 0; is this a record and not an id?\n",
		strings.TrimSpace(object))
	expect(t, command.ExitUsage, "", "id 1 is the name of a file\n", "my.csv")
	expect(t, command.ExitUsage, "", "id 1 is a telephone number\n", "+5511987654321")
	expect(t, command.ExitUsage, "", "id 1 is a dash, which stands for standard input\nTry: --file -", "--", "-")
	if n := len(sb.Requests()); n != 0 {
		t.Errorf("sent %d requests", n)
	}
}

// A line that is not an id is neither sent nor recorded: journal and report are kept for
// years.
func TestInvalidLinesAreNotRecorded(t *testing.T) {
	sb := pointAt(t, sandbox.New(t, sandbox.WithCustomers("c0")))
	file := clitest.WriteFile(t, "ids.txt", "c0\nada@example.com\n{\"email\": \"ada@example.com\"}\n")
	report := filepath.Join(t.TempDir(), "r.csv")
	expect(t, exitFailed, "1 accepted, 0 not found, 0 maybe deleted, 2 invalid", ":3: customer id contains '{' at byte 0",
		"--file", file, "--report", report, "--yes")
	for _, path := range []string{file + ".journal", report} {
		if content, err := os.ReadFile(path); err != nil || bytes.Contains(content, []byte("ada@")) ||
			!bytes.Contains(content, []byte("invalid")) {
			t.Errorf("%s: %v\n%s", path, err, content)
		}
	}
	if n := len(sb.Requests()); n != 1 {
		t.Errorf("sent %d requests", n)
	}
}

// A message names the line of a bad input but does not repeat it: it may contain more
// than ids.
func TestBadInput(t *testing.T) {
	newYuno(t, 1)
	for _, c := range []struct {
		name, text string
		code       int
		want       string
		args       []string
	}{
		{"Slash", "c0\n\n# x\na/b\n", exitFailed, ":4: customer id contains a slash", nil},
		{"ControlCharacter", "c0\nada\x01lovelace\n", exitFailed, ":2: customer id contains a control character", nil},
		{"TooLong", "c0\n" + strings.Repeat("x", 300) + "\n", exitFailed, ":2: customer id has 300 characters", nil},
		{"LineThatNeverEnds", "c0\n" + strings.Repeat("x", 1<<20+1), command.ExitUsage, ":2: is longer than 1024 KiB", nil},
		{"Empty", "# none\n", command.ExitUsage, "contains no id", nil},
		{"AnAddress", "c0\nada@example.com\n", exitFailed, ":2: customer id contains '@'", nil},
		{"AName", "c0\nada lovelace\n", exitFailed, ":2: customer id contains white space", nil},
		{"RecordsForIDs", "{\"email\": \"ada@example.com\"}\n", command.ExitUsage, "input:1: has no field that is called like a customer id; it has only \"email\"\nTry: --field", nil},
		{"RowsForIDs", "\n# June\nc0,ada@example.com\n", command.ExitUsage, "input:3: looks like a row of a table without a header", nil},
		{"CSVShortRow", "name,id\nAda\n", exitFailed, `:2: has no column "id"`, []string{"--column", "id"}},
		{"CSVEmptyCell", "name,id\nAda,\n", exitFailed, ":2: customer id is empty", []string{"--column", "id"}},
		{"CSVBareQuote", "name,id\nA\"da,c0\n", exitFailed, ":2: has a quote inside of a cell", []string{"--column", "id"}},
		{"CSVOpenQuote", "name,id\n\"Ada,c0\nEve,c1\n", command.ExitUsage, ":2: a quote is opened", []string{"--column", "id"}},
		{"CSVNoColumn", "name,email\nAda,ada@example.com\n", command.ExitUsage, `:1: has no column "id"`, []string{"--column", "id"}},
		{"CSVNothing", "", command.ExitUsage, "is empty", []string{"--column", "id"}},
		{"JSONLNoObject", "{\"id\": \"c0\"}\nada@example.com\n", exitFailed, ":2: not a JSON object", []string{"--field", "id"}},
		{"JSONLNoField", "{\"email\": \"ada@example.com\"}\n", exitFailed, `:1: has no field "id"`, []string{"--field", "id"}},
		{"JSONLNumber", "{\"id\": 1815}\n", exitFailed, `:1: field "id" is not a string`, []string{"--field", "id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := clitest.WriteFile(t, "input", c.text)
			code, _, stderr := clitest.Run(t.Context(), append([]string{"delete", "--dry-run", "--file", file}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit status %d, %s\nwant %d, %s", code, stderr, c.code, c.want)
			}
			for _, secret := range []string{"ada@", "lovelace", "1815", "xxxxx"} {
				if strings.Contains(stderr, secret) {
					t.Errorf("repeats the file: %s", stderr)
				}
			}
		})
	}
}
