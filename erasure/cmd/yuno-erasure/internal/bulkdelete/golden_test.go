package bulkdelete_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/internal/golden"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// varying replaces what differs in every run.
var varying = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "TIME"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`[0-9a-f]{32}`), "REQUEST"},
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "http://YUNO"},
	{regexp.MustCompile(`report\.(csv|jsonl|html)`), "REPORT"},
}

// compare compares a text with a file in testdata, apart from what differs in every run.
func compare(t *testing.T, name, text string) {
	t.Helper()
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.text)
	}
	golden.Compare(t, filepath.Join("testdata", name), text)
}

// The golden files show a run with every outcome: what it prints, and all reports.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "jsonl", "html"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			sb := sandbox.New(t, sandbox.WithCustomers(ids(6)...))
			sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.LostResponse})
			sb.FailCustomer("c3", forbidden)
			dir := t.TempDir()
			text := "\ufeffname,id\r\n# of June\r\nAda,c0\r\n\"Bob, Jr\",c1\r\n\r\nEve,nobody\r\nZoe,c3\r\nAda,c0\r\nKim,../c4\r\nLeo,c5\r\n"
			if err := os.WriteFile(filepath.Join(dir, "ids.csv"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			report := "report." + format
			args := []string{"delete", "--file", "ids.csv", "--column", "id", "--concurrency", "1"}
			code, stdout, stderr := clitest.RunProcess(t, dir, keysOf(sb), append(args, "--dry-run")...)
			if code != exitFailed {
				t.Errorf("dry run: exit status %d", code)
			}
			compare(t, "dry-run.txt", stdout+stderr)
			_, stdout, _ = clitest.RunProcess(t, dir, keysOf(sb), append(args, "--dry-run", "--json")...)
			compare(t, "dry-run.json", stdout)

			code, stdout, stderr = clitest.RunProcess(t, dir, keysOf(sb), append(args, "--report", report)...)
			if code != exitFailed {
				t.Errorf("exit status %d", code)
			}
			compare(t, "run.txt", stdout+stderr)
			content, err := os.ReadFile(filepath.Join(dir, report))
			if err != nil {
				t.Fatal(err)
			}
			// Invalid ids are recorded at any time between the others.
			lines := strings.SplitAfter(string(content), "\n")
			switch format {
			case "csv":
				slices.Sort(lines[1:]) // after the header
			case "jsonl":
				slices.Sort(lines)
			}
			compare(t, report, strings.Join(lines, ""))

			sb.FailCustomer("c3", noFault)
			code, stdout, stderr = clitest.RunProcess(t, dir, keysOf(sb), append(args, "--report", report, "--resume", "--json")...)
			if code != exitFailed { // the invalid one
				t.Errorf("resumed: exit status %d, %s", code, stderr)
			}
			compare(t, "resumed.json", stdout)
			if info, err := os.Stat(filepath.Join(dir, report)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the report contains ids, but: %v, %v", info, err)
			}
		})
	}
}
