package bulkdelete_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// A run of 20,000 ids is killed ten times and resumed. Every id is in the report exactly
// once, and the sandbox agrees.
func TestSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills the command ten times")
	}
	const n, kills = 20_000, 10
	sb := newYuno(t, n)
	for i := range 20 {
		sb.FailCustomer(fmt.Sprintf("c%d", 1000*i+7), sandbox.Fault{Kind: sandbox.LostResponse})
	}
	dir := t.TempDir()
	program := testbinary.Path(t)
	file, report := filepath.Join(dir, "ids.txt"), filepath.Join(dir, "report.jsonl")
	if err := os.WriteFile(file, []byte(strings.Join(ids(n), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), program, append([]string{"delete", "--file", file, "--yes", "--quiet"}, args...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	killed := 0
	for attempt := 0; killed < kills && remaining(sb) > 0; attempt++ {
		var args []string
		if _, err := os.Stat(file + ".journal"); err == nil {
			args = []string{"--resume"}
		}
		cmd := start(args...)
		// Kill it once it has erased some more, at any point.
		goal := remaining(sb) - rand.N(n/kills)
		clitest.Eventually(t, "some more erased", func() bool { return remaining(sb) <= max(goal, 0) || cmd.ProcessState != nil })
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		killed++
	}
	t.Logf("killed %d times, %d remain", killed, remaining(sb))
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, "delete", "--file", file, "--yes", "--quiet", "--resume", "--report", report, "--json")
	cmd.Stdout, cmd.Stderr = &out, &out
	started := time.Now()
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != command.ExitNotFound {
		t.Fatalf("%v after %v\n%s", err, time.Since(started), &out)
	}
	if remaining(sb) != 0 {
		t.Errorf("%d customers remain", remaining(sb))
	}
	content, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		var r bulk.Result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if seen[r.ID] {
			t.Errorf("%s is duplicated", r.ID)
		}
		seen[r.ID] = true
		if r.Outcome != bulk.Accepted && r.Outcome != bulk.MaybeDeleted {
			t.Errorf("%s: %s, but it is gone", r.ID, r.Outcome)
		}
	}
	if len(seen) != n {
		t.Errorf("%d ids in the report, want %d", len(seen), n)
	}
}
