//go:build unix

package bulkdelete_test

import (
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// A machine that allows few open files is named as the reason, and what works works.
func TestFewOpenFiles(t *testing.T) {
	t.Parallel()
	run := func(limits, concurrency string) (code int, stdout, stderr string) {
		sb := sandbox.New(t, sandbox.WithCustomers(ids(300)...))
		cmd := clitest.Process(t, listFolder(t, 300), keysOf(sb), "delete", "--file", "ids.txt", "--yes", "--concurrency", concurrency)
		shell(cmd, limits+`; exec "$0" "$@"`)
		return clitest.Finish(t, cmd)
	}
	const want = "too many open files: --concurrency 100 needs 116, and this machine allows the program 40 (ulimit -n). Nothing was sent\nTry: ulimit -n 1024 before it, or --concurrency 24\n"
	if code, _, stderr := run("ulimit -n 40", "100"); code != command.ExitUsage || !strings.Contains(stderr, want) {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
	// Of the soft and the hard limit, only the hard one counts.
	for limits, concurrency := range map[string]string{"ulimit -n 40": "24", "ulimit -S -n 40": "100"} {
		if code, stdout, stderr := run(limits, concurrency); code != command.ExitOK || !strings.Contains(stdout, "300 accepted") {
			t.Errorf("%s: exit status %d\n%s%s", limits, code, stdout, stderr)
		}
	}
}
