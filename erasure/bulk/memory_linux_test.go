package bulk

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// Ten million ids take less than 50 MB when they are checked, sent, and resumed, with the
// same list and with another one. It takes half an hour and 8 GB of disk, so it runs on
// request only.
func TestMemoryOfTenMillion(t *testing.T) {
	if os.Getenv("MEMORY") != "long" {
		t.Skip("MEMORY=long go test -timeout 60m -run TestMemoryOfTenMillion ./bulk")
	}
	const ids, limit = 10_000_000, 50_000_000 >> 10 // KiB
	base, dir := bareServer(t), t.TempDir()
	program, file := testbinary.Path(t), writeIDs(t, dir, 0, ids)
	for _, c := range []struct{ name, args, want string }{
		{"DryRun", "--dry-run", "Would erase 10000000 customers"},
		{"Run", "--yes --report " + file + ".csv", "10000000 accepted"},
		{"Resume", "--yes --resume --report " + file + ".csv", "10000000 accepted"},
		{"DryRunOfAChangedList", "--resume --dry-run", "10 new, 10 no longer in the list"},
		{"ChangedList", "--yes --resume --report " + file + ".csv", "10 no longer in the list"},
	} {
		if strings.HasSuffix(c.name, "ChangedList") {
			writeIDs(t, dir, 10, ids+10)
		}
		cmd := command(program, base, append([]string{"--file", file}, strings.Fields(c.args)...)...)
		output, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(output), c.want) {
			t.Fatalf("%s: %v\n%s", c.name, err, output)
		}
		peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		t.Logf("%s: at most %d KiB, %v of processor time", c.name, peak, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		if peak > limit {
			t.Errorf("%s: %d KiB, want at most %d", c.name, peak, limit)
		}
	}
}
