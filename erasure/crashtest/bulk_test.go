package crashtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// exitNotFound is the status of `delete` when some customers were not found or may
// have been deleted by an earlier request.
const exitNotFound = 4

// A bulk delete is killed and resumed again and again. Its report then has every id
// once, and the sandbox has no customer any more.
func TestBulkDeleteKilled(t *testing.T) {
	t.Parallel()
	customers, kills := 2_000, 4
	if long() {
		customers, kills = 20_000, 10
	}
	ids := make([]string, customers)
	for i := range ids {
		ids[i] = fmt.Sprintf("c%d", i)
	}
	sb := sandbox.New(t, sandbox.WithCustomers(ids...), sandbox.WithRecordLimit(0))
	for i := range 20 {
		sb.FailCustomer(ids[customers/20*i+7], sandbox.Fault{Kind: sandbox.LostResponse})
	}
	r := &bulkRun{t: t, sandbox: sb, folder: t.TempDir()}
	r.list = filepath.Join(r.folder, "ids.txt")
	if err := os.WriteFile(r.list, []byte(strings.Join(ids, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}

	for range kills {
		r.killAfter(rand.N(customers / kills))
	}
	t.Logf("%d customers remain after %d kills", r.remaining(), kills)
	report := filepath.Join(r.folder, "report.jsonl")
	p := r.start("--report", report)
	await.OK(t, "the last run ends", func() error {
		if p.Running() != nil {
			return nil
		}
		return await.Remaining(r.remaining())
	})
	if code := p.Wait(t); code != exitNotFound || r.remaining() != 0 {
		t.Errorf("exit status %d, want %d; %d customers remain\n%s", code, exitNotFound, r.remaining(), p.Output.Tail())
	}
	wantEveryID(t, report, customers)
}

// bulkRun is one bulk delete, in as many processes as it takes.
type bulkRun struct {
	t            *testing.T
	sandbox      *sandbox.Sandbox
	folder, list string
}

// remaining counts the customers that are not erased yet.
func (r *bulkRun) remaining() int {
	return len(r.sandbox.Customers(r.sandbox.Credentials().AccountCode))
}

// start starts a process that resumes the run if there is something to resume.
func (r *bulkRun) start(args ...string) *testbinary.Process {
	r.t.Helper()
	args = append([]string{"delete", "--file", r.list, "--yes", "--quiet"}, args...)
	if _, err := os.Stat(r.list + ".journal"); err == nil {
		args = append(args, "--resume")
	} else if !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
	creds := r.sandbox.Credentials()
	cmd := exec.Command(testbinary.Path(r.t), args...)
	cmd.Dir = r.folder
	cmd.Env = []string{
		"TMPDIR=" + r.folder,
		client.EnvAccountCode + "=" + creds.AccountCode,
		client.EnvPublicAPIKey + "=" + creds.PublicAPIKey,
		client.EnvPrivateSecretKey + "=" + creds.PrivateSecretKey,
		client.EnvAPIEndpoint + "=" + r.sandbox.URL(),
	}
	return testbinary.Start(r.t, cmd)
}

// killAfter kills a process once it has erased n more customers, whatever it is doing
// then.
func (r *bulkRun) killAfter(n int) {
	r.t.Helper()
	goal := max(r.remaining()-n, 0)
	p := r.start()
	await.OK(r.t, fmt.Sprintf("%d more customers are erased", n), func() error {
		left := r.remaining() - goal
		if left <= 0 {
			return nil
		}
		if err := p.Running(); err != nil {
			return err
		}
		return await.Remaining(left)
	})
	p.Kill()
}

// wantEveryID checks that a report has every id once, as erased.
func wantEveryID(t *testing.T, report string, ids int) {
	t.Helper()
	content, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		var result bulk.Result
		if err := json.Unmarshal([]byte(line), &result); err != nil {
			t.Fatal(err)
		}
		if seen[result.ID] {
			t.Errorf("%s is duplicated", result.ID)
		}
		seen[result.ID] = true
		if result.Outcome != bulk.Accepted && result.Outcome != bulk.MaybeDeleted {
			t.Errorf("%s: %s, but it is erased", result.ID, result.Outcome)
		}
	}
	if len(seen) != ids {
		t.Errorf("%d ids in the report, want %d", len(seen), ids)
	}
}
