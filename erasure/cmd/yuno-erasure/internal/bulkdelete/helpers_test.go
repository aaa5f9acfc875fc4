package bulkdelete_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// newYuno starts a sandbox with n customers, c0 and so on, and points the environment at
// it.
func newYuno(t *testing.T, n int) *sandbox.Sandbox {
	t.Helper()
	return pointAt(t, sandbox.New(t, sandbox.WithCustomers(ids(n)...), sandbox.WithRecordLimit(0)))
}

// pointAt points the environment at a sandbox, and works in a folder of its own.
func pointAt(t *testing.T, sb *sandbox.Sandbox) *sandbox.Sandbox {
	t.Helper()
	t.Chdir(t.TempDir())
	creds := sb.Credentials()
	t.Setenv(client.EnvAccountCode, creds.AccountCode)
	t.Setenv(client.EnvPublicAPIKey, creds.PublicAPIKey)
	t.Setenv(client.EnvPrivateSecretKey, creds.PrivateSecretKey)
	t.Setenv(client.EnvAPIEndpoint, sb.URL())
	return sb
}

// ids returns c0 and so on.
func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("c%d", i)
	}
	return all
}

// remaining returns how many customers were not erased.
func remaining(sb *sandbox.Sandbox) int { return len(sb.Customers(sb.Credentials().AccountCode)) }

// expect runs the delete command, and compares its status and parts of its output.
func expect(t *testing.T, code int, stdout, stderr string, args ...string) {
	t.Helper()
	gotCode, gotOut, gotErr := clitest.Run(t.Context(), append([]string{"delete"}, args...)...)
	if gotCode != code || !strings.Contains(gotOut, stdout) || !strings.Contains(gotErr, stderr) {
		t.Errorf("%v: exit status %d\n%s%s\nwant %d, %q and %q", args, gotCode, gotOut, gotErr, code, stdout, stderr)
	}
}

var (
	forbidden = sandbox.Fault{Kind: sandbox.HTML, Status: 403}
	noFault   = sandbox.Fault{}
)

// exitFailed is the exit status for ids that failed, are invalid or unsettled.
const exitFailed = 5
