package bulkdelete_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// A dry run with --resume prints what remains, and changes nothing.
func TestDryRunWithResume(t *testing.T) {
	sb := newYuno(t, 3)
	sb.FailCustomer("c1", forbidden)
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
	expect(t, command.ExitOK, "Would erase 1 customer (of 3; the others are done) of account", "",
		"--file", file, "--resume", "--dry-run")
	expect(t, command.ExitOK, `"to_erase": 1`, "", "--file", file, "--resume", "--dry-run", "--json")
	expect(t, command.ExitOK, "Would erase 3 customers of account", "", "--file", file, "--dry-run")
	if after, err := os.ReadFile(journal); err != nil || string(after) != string(before) {
		t.Errorf("the journal was changed: %v", err)
	}
	sb.FailCustomer("c1", noFault)
	expect(t, command.ExitOK, "3 accepted", "Erasing 1 customer (of 3; the others are done) of account",
		"--file", file, "--resume")
	expect(t, command.ExitOK, "3 accepted", "Nothing left to send.\n", "--file", file, "--resume")
}

// A list that has changed is resumed. Customers that are new in it need a confirmation,
// however few they are.
func TestResumeWithAChangedList(t *testing.T) {
	sb := newYuno(t, 5)
	file := clitest.WriteFile(t, "ids.txt", "c0\nc1\nc2\n")
	report, page := filepath.Join(filepath.Dir(file), "report.csv"), filepath.Join(filepath.Dir(file), "report.html")
	expect(t, command.ExitOK, "3 accepted", "", "--file", file)
	if err := os.WriteFile(file, []byte("name,id\r\nA,c3\r\nB,c2\r\nC,c1\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const changes = "The list has changed since the run started: 1 new, 1 no longer in the list.\n"
	same := []string{"--file", file, "--column", "id", "--resume"}
	expect(t, command.ExitOK, changes+"Would erase 1 customer (of 3; the others are done)", "", append(same, "--dry-run")...)
	expect(t, command.ExitOK, `"added": 1`, "", append(same, "--dry-run", "--json")...)
	expect(t, command.ExitUsage, "", changes, same...)
	if remaining(sb) != 2 {
		t.Errorf("%d remain: c3 was erased without a confirmation", remaining(sb))
	}
	expect(t, command.ExitOK, "3 accepted, 0 not found, 0 maybe deleted, 0 invalid, 0 failed, 1 no longer in the list", changes,
		append(same, "--yes", "--report", report, "--report", page)...)
	if content, err := os.ReadFile(page); err != nil || !strings.Contains(string(content), "No longer in the list: 1.") {
		t.Errorf("the page does not say so, %v", err)
	}
	expect(t, command.ExitOK, "3 accepted", "Nothing left to send.\n", same...)
	content, err := os.ReadFile(report)
	if err != nil || remaining(sb) != 1 || strings.Count(string(content), ",accepted,") != 4 {
		t.Errorf("%d remain, %v, and the report has:\n%s", remaining(sb), err, content)
	}
}

// Input, journal and report have to be different files.
func TestFilesHaveToDiffer(t *testing.T) {
	sb := newYuno(t, 2)
	file := clitest.WriteFile(t, "ids.txt", "c0\nc1\n")
	journal := filepath.Join(filepath.Dir(file), "j")
	link := filepath.Join(filepath.Dir(file), "link.txt")
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	expect(t, command.ExitUsage, "", "--report is the input itself", "--file", file, "--report", file)
	expect(t, command.ExitUsage, "", "--report is the input itself", "--file", file, "--report", link)
	expect(t, command.ExitUsage, "", "--journal is the input itself", "--file", file, "--journal", file)
	expect(t, command.ExitUsage, "", "--report is the journal", "--file", file, "--report", file+".journal")
	expect(t, command.ExitUsage, "", "--report is the journal",
		"--file", file, "--report", journal, "--journal", journal)
	expect(t, command.ExitUsage, "", "--report is the journal",
		"--file", file, "--report", filepath.Dir(file)+"/./j", "--journal", journal)
	expect(t, command.ExitUsage, "", "is the record of the look-ups",
		"--file", file, "--journal", journal, "--by", "merchant-id", "--overwrite", "--report", journal+".lookup")
	if err := os.Remove(journal + ".lookup"); err != nil {
		t.Error(err)
	}
	// A socket and not a device: if this test fails as root, a device would be replaced.
	socket := filepath.Join(filepath.Dir(file), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, command.ExitUsage, "", "is not a regular file", "--file", file, "--report", socket)
	_ = listener.Close()
	if content, err := os.ReadFile(file); err != nil || string(content) != "c0\nc1\n" || remaining(sb) != 2 {
		t.Errorf("the input is %q, %v; %d remain", content, err, remaining(sb))
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 2 {
		t.Errorf("left %v, %v", entries, err)
	}
}
