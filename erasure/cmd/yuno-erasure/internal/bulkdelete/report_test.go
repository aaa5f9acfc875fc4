package bulkdelete_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// A report replaces a report of the same run, and with --overwrite any file.
func TestReportReplaces(t *testing.T) {
	sb := newYuno(t, 20)
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const thesis = "year,revenue\n2025,1\n"
	write("ids.txt", "c0\n")
	write("books.csv", thesis)
	write("empty.csv", "")
	const unrelated = "--report books.csv: this file exists, and is no report of this program\nTry: another name, or --overwrite to replace it\n"
	expect(t, command.ExitUsage, "", unrelated, "--file", "ids.txt", "--report", "books.csv")
	expect(t, command.ExitUsage, "", unrelated, "--file", "ids.txt", "--report", "new.html", "--report", "books.csv")
	expect(t, command.ExitUsage, "", "--report ./r.csv is given twice", "--file", "ids.txt", "--report", "r.csv", "--report", "./r.csv")
	expect(t, command.ExitUsage, "", "--report wants a value", "--file", "ids.txt", "--report", "")
	if content("books.csv") != thesis || remaining(sb) != 20 {
		t.Errorf("replaced, or sent: %q, %d remain", content("books.csv"), remaining(sb))
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("left %v, %v", entries, err)
	}

	names := []string{"empty.csv", "r.csv", "r.jsonl", "r.html"}
	var flags []string
	for _, name := range names {
		flags = append(flags, "--report", name)
	}
	run := append([]string{"--file", "ids.txt"}, flags...)
	expect(t, command.ExitOK, "1 accepted", "", run...)
	for _, name := range names {
		write(name, content(name)+"\n") // to see that it is replaced
		before := content(name)
		expect(t, command.ExitOK, "1 accepted", "", append(run, "--resume")...)
		if content(name) == before {
			t.Errorf("%s was not replaced", name)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		expect(t, command.ExitUsage, "", "--report "+name+": this file exists, and is the report of another run", "c1", "--report", name)
	}
	write("ids.txt", "c2\n")
	expect(t, command.ExitOK, "1 accepted", "", "--file", "ids.txt", "--journal", "another", "--report", "books.csv", "--report", "r.csv", "--overwrite")
	if got := content(filepath.Join(dir, "books.csv")); !strings.HasPrefix(got, "id,outcome,") || got != content("r.csv") {
		t.Errorf("got %q", got)
	}
	if remaining(sb) != 18 {
		t.Errorf("%d remain", remaining(sb))
	}
}
