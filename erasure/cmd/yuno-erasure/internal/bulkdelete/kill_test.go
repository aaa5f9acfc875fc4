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
	file := clitest.WriteFile(t, "ids.txt", strings.Join(ids(n), "\n"))
	killed := 0
	for ; killed < kills && remaining(sb) > 0; killed++ {
		// At any point, once it has erased some more.
		killAt(t, sb, remaining(sb)-rand.N(n/kills), file)
	}
	t.Logf("killed %d times, %d remain", killed, remaining(sb))

	report := filepath.Join(filepath.Dir(file), "report.jsonl")
	var out bytes.Buffer
	cmd := deleteFile(t, file, "--resume", "--report", report, "--json")
	cmd.Stdout, cmd.Stderr = &out, &out
	started := time.Now()
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != command.ExitNotFound {
		t.Fatalf("%v after %v\n%s", err, time.Since(started), &out)
	}
	if remaining(sb) != 0 {
		t.Errorf("%d customers remain", remaining(sb))
	}
	checkReport(t, report, n)
}

// deleteFile returns a process that erases the customers of a file.
func deleteFile(t *testing.T, file string, flags ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{"delete", "--file", file, "--yes", "--quiet"}, flags...)
	return exec.CommandContext(t.Context(), testbinary.Path(t), args...)
}

// killAt runs or resumes the deletion of a file, and kills it when no more than goal
// customers remain.
func killAt(t *testing.T, sb *sandbox.Sandbox, goal int, file string) {
	t.Helper()
	var flags []string
	if _, err := os.Stat(file + ".journal"); err == nil {
		flags = []string{"--resume"}
	}
	cmd := deleteFile(t, file, flags...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	clitest.Eventually(t, "some more erased", func() bool { return remaining(sb) <= max(goal, 0) })
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed
}

// checkReport checks that a report contains each of n erased ids once.
func checkReport(t *testing.T, path string, n int) {
	t.Helper()
	content, err := os.ReadFile(path)
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
			t.Errorf("%s: %s, but it was erased", r.ID, r.Outcome)
		}
	}
	if len(seen) != n {
		t.Errorf("%d ids in the report, want %d", len(seen), n)
	}
}
