package bulkdelete_test

import (
	"cmp"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// killedRuns is how many ids are looked up, erased and verified in the tests of kills.
func killedRuns() int {
	if os.Getenv("KILL") == "long" {
		return 20_000
	}
	return 2_000
}

// counted serves a sandbox and counts the requests by method.
type counted struct {
	sandbox       *sandbox.Sandbox
	gets, deletes atomic.Int64
}

// ServeHTTP implements [http.Handler].
func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		c.gets.Add(1)
	} else {
		c.deletes.Add(1)
	}
	c.sandbox.ServeHTTP(w, r)
}

// runKilled runs a command again and again, kills it when so many requests of its kind were
// sent, and lets the last run end.
func runKilled(t *testing.T, dir string, env []string, requests *atomic.Int64, args []string, kills ...int) {
	t.Helper()
	for _, after := range kills {
		before := requests.Load()
		p := testbinary.Start(t, clitest.Process(t, dir, env, args...))
		await.OK(t, "the run sends requests", func() error {
			if requests.Load() >= before+int64(after) {
				return nil
			}
			return cmp.Or(p.Running(), await.Remaining(int(before)+after-int(requests.Load())))
		})
		p.Kill()
	}
}

// A run by merchant ids that is killed again and again, in either phase, erases everybody,
// and its report has everybody's outcome and both ids.
func TestKilledByMerchantID(t *testing.T) {
	t.Parallel()
	n := killedRuns()
	service := &counted{sandbox: sandbox.New(t, sandbox.WithCustomers(ids(n)...), sandbox.WithRecordLimit(0))}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	env, dir := keysFor(service.sandbox.Credentials(), server.URL+"/v1"), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own.txt"), []byte(strings.Join(merchantIDs(n), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"delete", "--by", "merchant-id", "--file", "own.txt", "--yes", "--report", "report.csv"}
	runKilled(t, dir, env, &service.gets, args, n/10, n/5)
	args = append(args, "--resume")
	runKilled(t, dir, env, &service.gets, args, n/10, n/10)
	runKilled(t, dir, env, &service.deletes, args, n/10, n/5, n/10)
	code, stdout, stderr := clitest.RunProcess(t, dir, env, args...)
	if code != command.ExitOK && code != command.ExitNotFound || remaining(service.sandbox) != 0 {
		t.Errorf("exit status %d, %d remain\n%s%s", code, remaining(service.sandbox), stdout, stderr)
	}
	got := byMerchantID(t, filepath.Join(dir, "report.csv"))
	customers := ids(n)
	for i, merchantID := range merchantIDs(n) {
		id, outcome, _ := strings.Cut(got[merchantID], " ")
		if id != customers[i] || !strings.HasPrefix(outcome, "accepted") && !strings.HasPrefix(outcome, "maybe_deleted") {
			t.Errorf("%s: %q", merchantID, got[merchantID])
			break
		}
	}
	t.Logf("%d requests for %d look-ups", service.gets.Load(), n)
}

// A verification that is killed again and again ends with a result for everybody.
func TestKilledVerification(t *testing.T) {
	t.Parallel()
	n := killedRuns()
	service := &counted{sandbox: sandbox.New(t, sandbox.WithCustomers(ids(n)...), sandbox.WithRecordLimit(0))}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	env, dir := keysFor(service.sandbox.Credentials(), server.URL+"/v1"), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte(strings.Join(ids(n), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := clitest.RunProcess(t, dir, env, "delete", "--file", "ids.txt", "--yes"); code != command.ExitOK {
		t.Fatal(errors.New(stdout + stderr))
	}
	args := []string{"verify", "--journal", "ids.txt.journal", "--report", "verified.csv", "--resume"}
	runKilled(t, dir, env, &service.gets, args, n/10, n/5, n/10, n/10)
	code, stdout, stderr := clitest.RunProcess(t, dir, env, args...)
	if code != command.ExitOK {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	if got := table(t, filepath.Join(dir, "verified.csv"), "verified"); len(got) != n || got["c0"] != "gone" {
		t.Errorf("%d lines in the report", len(got))
	}
	t.Logf("%d requests for %d customers", service.gets.Load(), n)
}
