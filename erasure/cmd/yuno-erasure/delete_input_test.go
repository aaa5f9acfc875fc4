package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/sandbox"
)

// A forgotten --field or --column is noticed before anything is sent or recorded,
// and nothing of the file is shown.
func TestDeleteForgottenFormat(t *testing.T) {
	sb := pointAt(t, sandbox.New(t, sandbox.WithCustomers(ids(3)...)))
	const object, row = `{"id": "c0", "email": "ada@example.com"}` + "\n", "c0,ada@example.com\n"
	for _, c := range []struct{ name, text, want string }{
		{"a.jsonl", object, ":1: looks like a JSON object, not an id\nTry: --field NAME\n"},
		{"a.txt", "# June\n" + object, ":2: looks like a JSON object, not an id\nTry: --field NAME\n"},
		{"a.json", "[\n" + object + "]\n", ":1: looks like a JSON array, not an id\nTry: JSONL,"},
		{"a.csv", "customer_id,email\n" + row, ":1: looks like CSV, not an id\nTry: --column NAME\n"},
		{"a.txt", row, ":1: looks like CSV, not an id\nTry: --column NAME\n"},
		{"a.csv", "customer_id\nc0\n", ":1: looks like the header of CSV, not an id\nTry: --column NAME\n"},
		{"a.txt", "Customer_Id\nc0\n", ":1: looks like the header of CSV, not an id\nTry: --column NAME\n"},
		{"a.tsv", "c0\tada@example.com\n", ":1: looks like a table, not an id\nTry: CSV,"},
		{"a.csv", "c0;ada@example.com\n", ":1: looks like a table, not an id\nTry: CSV,"},
		// One id a line, it seems, but under a name that says otherwise.
		{"A.CSV", "kunde\nc0\n", ": does not look like a plain list of ids, judging by its name\nTry: --column NAME, or a name that ends in .txt"},
		{"a.tsv", "c0\n", ": does not look like a plain list of ids, judging by its name\nTry: CSV,"},
		{"a.json", "c0\n", ": does not look like a plain list of ids, judging by its name\nTry: JSONL,"},
		{"a.ndjson", "c0\n", ": does not look like a plain list of ids, judging by its name\nTry: --field NAME"},
		{"a.csv", "", ": does not look like a plain list of ids, judging by its name\nTry: --column NAME"},
	} {
		file := write(t, c.name, c.text)
		for _, more := range [][]string{{"--dry-run"}, {"--yes"}} {
			code, stdout, stderr := runCommand(t.Context(), append([]string{"delete", "--file", file}, more...)...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, filepath.Base(file)+c.want) || strings.Contains(stderr, "ada") {
				t.Errorf("%s, %q, %v: exit %d\n%s%s", c.name, c.text, more, code, stdout, stderr)
			}
		}
		if _, err := os.Stat(file + ".journal"); err == nil {
			t.Errorf("%s, %q: left a journal", c.name, c.text)
		}
	}
	expect(t, exitUsage, "", "id 2: not an id: holds '@' at byte 3\n", "c0", "ada@example.com")
	expect(t, exitUsage, "", "id 1: not an id: holds '{' at byte 0\n", strings.TrimSpace(object))
	if n := len(sb.Requests()); n != 0 {
		t.Errorf("sent %d requests", n)
	}
}

// What is no id is neither sent nor recorded: journal and report are kept for years.
func TestDeleteRecordsNoRecords(t *testing.T) {
	sb := pointAt(t, sandbox.New(t, sandbox.WithCustomers("c0")))
	file := write(t, "ids.txt", "c0\nada@example.com\n{\"email\": \"ada@example.com\"}\n")
	report := filepath.Join(t.TempDir(), "r.csv")
	expect(t, exitFailed, "1 accepted, 0 not found, 0 maybe deleted, 2 invalid", ":3: not an id: holds '{' at byte 0", "--file", file, "--report", report)
	for _, path := range []string{file + ".journal", report} {
		if content, err := os.ReadFile(path); err != nil || strings.Contains(string(content), "ada") || !strings.Contains(string(content), "invalid") {
			t.Errorf("%s: %v\n%s", path, err, content)
		}
	}
	if n := len(sb.Requests()); n != 1 {
		t.Errorf("sent %d requests", n)
	}
}

// A dry run that resumes tells what is left, and changes nothing.
func TestDeleteDryRunOfAResume(t *testing.T) {
	sb := yuno(t, 3)
	sb.FailCustomer("c1", stubborn)
	dir := t.TempDir()
	file, journal := filepath.Join(dir, "ids.txt"), filepath.Join(dir, "ids.txt.journal")
	if err := os.WriteFile(file, []byte("c0\nc1\nc2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, exitFailed, "2 accepted", "1 failed", "--file", file)
	before, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, exitOK, "Would erase 1 customer (of 3; the others are done) of account", "", "--file", file, "--resume", "--dry-run")
	expect(t, exitOK, `"to_erase": 1`, "", "--file", file, "--resume", "--dry-run", "--json")
	expect(t, exitOK, "Would erase 3 customers of account", "", "--file", file, "--dry-run")
	if after, err := os.ReadFile(journal); err != nil || string(after) != string(before) {
		t.Errorf("the journal was changed: %v", err)
	}
	sb.FailCustomer("c1", none)
	expect(t, exitOK, "3 accepted", "Erasing 1 customer (of 3; the others are done) of account", "--file", file, "--resume")
	expect(t, exitOK, "3 accepted", "Nothing left to send.\n", "--file", file, "--resume")
	if err := os.WriteFile(file, []byte("c0\nc1\nc2\nc3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{{"--dry-run"}, {"--yes"}} {
		expect(t, exitUsage, "", "the list has changed since the run started\nTry: a separate file for new ids\n", append(more, "--file", file, "--resume")...)
	}
}
