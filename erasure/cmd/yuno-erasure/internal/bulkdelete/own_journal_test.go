package bulkdelete_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// The journal of ids from the command line stays until every outcome is final, and the
// command that continues is printed.
func TestJournalOfTheCommandLine(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t, sandbox.WithCustomers(ids(3)...))
	sb.FailCustomer("c1", forbidden)
	dir := t.TempDir()
	code, _, stderr := clitest.RunProcess(t, dir, keysOf(sb), "delete", "--quiet", "--", "c0", "c1")
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 || code != exitFailed {
		t.Fatalf("exit status %d, left %q, %v", code, left, err)
	}
	name := filepath.Base(left[0])
	if info, err := os.Stat(left[0]); err != nil || info.Mode().Perm() != 0o600 || !regexp.MustCompile(`^yuno-erasure-\d{8}T\d{6}Z\.journal$`).MatchString(name) {
		t.Errorf("%s: %v, %v", name, info, err)
	}
	again := "\nTry again with: yuno-erasure delete --quiet --resume --journal " + name + " -- c0 c1\n"
	if !strings.Contains(stderr, "they are recorded in "+name) || !strings.Contains(stderr, "Written: journal "+name) || !strings.Contains(stderr, again) {
		t.Errorf("%s\nwant %s", stderr, again)
	}
	sb.FailCustomer("c1", noFault)
	_, rest, _ := strings.Cut(strings.TrimSpace(again), "yuno-erasure ")
	if code, stdout, stderr := clitest.RunProcess(t, dir, keysOf(sb), strings.Fields(rest)...); code != command.ExitOK || !strings.Contains(stdout, "2 accepted") {
		t.Errorf("resumed: exit status %d\n%s%s", code, stdout, stderr)
	}
	// One that a person has named is theirs.
	if _, err := os.Stat(left[0]); err != nil {
		t.Error(err)
	}
	empty := t.TempDir()
	for _, args := range [][]string{{"c2"}, {"nobody"}, {"c2", "--dry-run"}, {"a/b"}, {"c2", "--report", "no/where"}} {
		_, _, _ = clitest.RunProcess(t, empty, keysOf(sb), append([]string{"delete"}, args...)...)
		clitest.WantEmpty(t, empty)
	}
}

// Where the current folder cannot be written to, the journal is among the temporary files.
func TestJournalOfTheCommandLineElsewhere(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t)
	dir, tmp := t.TempDir(), t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // root can write everywhere, except here
		dir = "/proc"
		if _, err := os.Stat(dir); err != nil {
			t.Skip(err)
		}
	}
	sb.FailNext(forbidden)
	_, _, stderr := clitest.RunProcess(t, dir, append(keysOf(sb), "TMPDIR="+tmp), "delete", "c0")
	if left, err := filepath.Glob(filepath.Join(tmp, "*.journal")); err != nil || len(left) != 1 || !strings.Contains(stderr, "Written: journal "+left[0]) {
		t.Errorf("left %q, %v\n%s", left, err, stderr)
	}
}
