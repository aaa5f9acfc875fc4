package conform_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/internal/testprogram"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// conformAgainst sets the environment for a sandbox, and returns the arguments.
func conformAgainst(t *testing.T, sb *sandbox.Sandbox, args ...string) []string {
	t.Helper()
	creds, second := sb.Credentials(), sb.AddAccount()
	t.Setenv(client.EnvAccountCode, creds.AccountCode)
	t.Setenv(client.EnvPublicAPIKey, creds.PublicAPIKey)
	t.Setenv(client.EnvPrivateSecretKey, creds.PrivateSecretKey)
	t.Setenv("YUNO_SECOND_ACCOUNT_CODE", second.AccountCode)
	t.Setenv("YUNO_SECOND_PUBLIC_API_KEY", second.PublicAPIKey)
	t.Setenv("YUNO_SECOND_PRIVATE_SECRET_KEY", second.PrivateSecretKey)
	return append([]string{"conform", sb.URL()}, args...)
}

var expendable = []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"}

func customerFlags() []string {
	var flags []string
	for _, id := range expendable {
		flags = append(flags, "--customer", id)
	}
	return flags
}

func TestSandboxConforms(t *testing.T) {
	sb := sandbox.New(t, sandbox.WithCustomers(expendable...))
	args := conformAgainst(t, sb, append(customerFlags(), "--strict")...)
	code, stdout, stderr := clitest.Run(t.Context(), args...)
	if code != command.ExitOK || !strings.Contains(stdout, "0 failed") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if !strings.Contains(stderr, "WARNING") || !strings.Contains(stderr, "8 of the 8 customers named will be erased") {
		t.Errorf("stderr %q", stderr)
	}
	if got := sb.Customers(sb.Credentials().AccountCode); len(got) == len(expendable) {
		t.Error("no customer was erased: the run tested nothing")
	}
	for _, secret := range []string{sb.Credentials().PrivateSecretKey, sb.Credentials().AccountCode} {
		if strings.Contains(stdout+stderr, secret) {
			t.Error("the output contains a secret")
		}
	}
}

// A server that accepts and erases nobody is caught by a look at its customers.
func TestExistsCommandFindsWhoIsLeft(t *testing.T) {
	sb := sandbox.New(t, sandbox.WithCustomers(expendable...))
	file := filepath.Join(t.TempDir(), "customers.txt") // in which nobody is ever erased
	if err := os.WriteFile(file, []byte(strings.Join(expendable, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	args := conformAgainst(t, sb, append(customerFlags(), "--timeout", "10s", "--exists-command", "grep -qx {id} "+file)...)
	code, stdout, stderr := clitest.Run(t.Context(), args...)
	if code != command.ExitFailure || !strings.Contains(stdout, "exists after its erasure was accepted") {
		t.Errorf("exit %d, want an accusation\n%s%s", code, stdout, stderr)
	}
	code, _, stderr = clitest.Run(t.Context(), append(args[:2:2], "--no-customers", "--exists-command", "nowhere-to-be-run {id}")...)
	if code != command.ExitUsage || !strings.Contains(stderr, "not a program that can be run") {
		t.Errorf("exit %d, %q, want a usage error", code, stderr)
	}
}

// A look-up that cannot be trusted accuses nobody, and is reported once.
func TestExistsCommandsThatFail(t *testing.T) {
	for name, c := range map[string]struct{ command, want string }{
		"Lies":  {"test -n {id}", "an id that was made up just now is found, so any id is"},
		"Fails": {"test {id} -gt x", "--exists-command ended with exit status 2; want 0 for a customer who exists and 1 for one who does not"},
	} {
		t.Run(name, func(t *testing.T) {
			sb := sandbox.New(t, sandbox.WithCustomers(expendable...))
			args := conformAgainst(t, sb, append(customerFlags(), "--exists-command", c.command)...)
			code, stdout, stderr := clitest.Run(t.Context(), args...)
			if code != command.ExitFailure || strings.Count(stderr, c.want) != 1 || !strings.Contains(stdout, "1 failed") || strings.Contains(stdout, "[case-") {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}

func TestVerbose(t *testing.T) {
	var ids, flags []string // that no random id contains
	for i := range 8 {
		ids = append(ids, fmt.Sprintf("zoe-%d", i+1))
		flags = append(flags, "--customer", ids[i])
	}
	sb := sandbox.New(t, sandbox.WithCustomers(ids...))
	code, stdout, stderr := clitest.Run(t.Context(), conformAgainst(t, sb, append(flags, "--verbose")...)...)
	if code != command.ExitOK || !strings.Contains(stdout, "skipped   method-get: needs a strict target\nskipped   method-head: ") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	for _, want := range []string{
		"\naccepted #2: DELETE /customers/$CUSTOMER_ID: 202 Accepted, ",
		"\nkey-secret-wrong #1: DELETE /customers/$CUSTOMER_ID: 401 Unauthorized INVALID_CREDENTIALS, ",
		"\nquery-keys #1: DELETE /customers/$CUSTOMER_ID?private-secret-key=$YUNO_PRIVATE_SECRET_KEY&private_secret_key=$YUNO_PRIVATE_SECRET_KEY: 401 Unauthorized ",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in\n%s", want, stderr)
		}
	}
	for _, secret := range []string{sb.Credentials().PrivateSecretKey, sb.Credentials().PublicAPIKey, sb.Credentials().AccountCode, "zoe-"} {
		if strings.Contains(stdout+stderr, secret) {
			t.Errorf("the output contains a key, an account code or an id")
		}
	}
	_, stdout, _ = clitest.Run(t.Context(), conformAgainst(t, sb, "--no-customers")...)
	if !strings.Contains(stdout, " cases: needs a strict target\n") || strings.Contains(stdout, "method-get") {
		t.Errorf("got\n%s\nwant one line per reason", stdout)
	}
}

// The line in the report sends the request again, and names no customer.
func TestReportRepeatsARequest(t *testing.T) {
	curl := testprogram.Find(t, "curl")
	file := filepath.Join(t.TempDir(), "customers.txt")
	if err := os.WriteFile(file, []byte("# expendable\ncustomer-for-c1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sb := sandbox.New(t, sandbox.WithCustomers("customer-for-c1"))
	sb.FailCustomer("customer-for-c1", sandbox.Fault{Kind: sandbox.NoContent})
	code, stdout, _ := clitest.Run(t.Context(), conformAgainst(t, sb, "--customers-file", file, "--json")...)
	var report struct {
		Results []struct {
			Name      string
			Variables []struct{ Name, Meaning string }
			Requests  []struct {
				Curl   string
				Erases bool
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != command.ExitFailure {
		t.Fatalf("exit %d, %v", code, err)
	}
	accepted := report.Results[0]
	if accepted.Name != "accepted" || len(accepted.Requests) != 1 || len(accepted.Variables) != 1 {
		t.Fatalf("got %+v", accepted)
	}
	if got, want := accepted.Variables[0].Meaning, "in this run line 2 of "+file; !strings.Contains(got, want) || strings.Contains(stdout, "customer-for-c1") {
		t.Errorf("got meaning %q, want %q, and no id in the report", got, want)
	}
	if !accepted.Requests[0].Erases {
		t.Error("no warning")
	}
	before := len(sb.Requests())
	cmd := exec.CommandContext(t.Context(), "sh", "-c", accepted.Requests[0].Curl)
	cmd.Env = append(os.Environ(), accepted.Variables[0].Name+"=customer-for-c1", "PATH="+filepath.Dir(curl)+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "HTTP/1.1 ") {
		t.Errorf("%v: %s", err, out)
	}
	requests := sb.Requests()
	if len(requests) != before+1 || fmt.Sprint(requests[before].Header) != fmt.Sprint(requests[0].Header) {
		t.Errorf("the sandbox got %v", requests[before:])
	}
}

func TestFaultyServerDoesNotConform(t *testing.T) {
	sb := sandbox.New(t, sandbox.WithCustomers(expendable...))
	for _, id := range expendable {
		sb.FailCustomer(id, sandbox.Fault{Kind: sandbox.NoContent})
	}
	report := filepath.Join(t.TempDir(), "report.json")
	args := conformAgainst(t, sb, append(customerFlags(), "--strict", "--json", "--output", report)...)
	code, stdout, stderr := clitest.Run(t.Context(), args...)
	if code != command.ExitFailure || stdout != "" || !strings.Contains(stderr, "cases failed") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	content, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		OK      bool
		Results []struct{ Name, Outcome string }
	}
	if err := json.Unmarshal(content, &got); err != nil || got.OK || len(got.Results) == 0 {
		t.Errorf("err %v, report %s", err, content)
	}
}

func TestCustomersFromAFileAndJUnit(t *testing.T) {
	sb := sandbox.New(t, sandbox.WithCustomers(expendable...))
	file := filepath.Join(t.TempDir(), "customers.txt")
	if err := os.WriteFile(file, []byte("# of the test account\n"+strings.Join(expendable, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := clitest.Run(t.Context(), conformAgainst(t, sb, "--customers-file", file, "--junit")...)
	if code != command.ExitOK || !strings.HasPrefix(stdout, "<?xml") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	for _, request := range sb.Requests() {
		if strings.Contains(request.Target, "test%20account") {
			t.Errorf("sent a comment: %s", request)
		}
	}
}

// A run without customers cannot pass unless that is asked for: the error says how.
func TestNoCustomersNamed(t *testing.T) {
	sb := sandbox.New(t)
	code, _, stderr := clitest.Run(t.Context(), conformAgainst(t, sb)...)
	if code != command.ExitFailure ||
		!strings.Contains(stderr, "no case passed that erases a customer (--customer and --customers-file name customers, --no-customers does without)") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestUnreachable(t *testing.T) {
	sb := sandbox.New(t)
	args := conformAgainst(t, sb, "--no-customers")
	args[1] = "http://127.0.0.1:1/v1"
	code, stdout, stderr := clitest.Run(t.Context(), args...)
	if code != command.ExitFailure || stdout != "" ||
		stderr != "yuno-erasure: conformance: no response from the base URL: a refused connection\n" {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, stdout, _ = clitest.Run(t.Context(), append(args, "--json")...)
	if code != command.ExitFailure || !json.Valid([]byte(stdout)) {
		t.Errorf("--json: exit %d, stdout %q", code, stdout)
	}
	if code, _, stderr = clitest.Run(t.Context(), append(args, "--json", "--junit")...); code != command.ExitUsage || !strings.Contains(stderr, "--json and --junit can't be used together") {
		t.Errorf("--json --junit: exit %d, stderr %q", code, stderr)
	}
}

func TestWithoutCredentials(t *testing.T) {
	t.Setenv(client.EnvAccountCode, "")
	t.Setenv(client.EnvPublicAPIKey, "")
	t.Setenv(client.EnvPrivateSecretKey, "")
	code, _, stderr := clitest.Run(t.Context(), "conform", "http://127.0.0.1:1/v1")
	if code != command.ExitUsage || !strings.Contains(stderr, client.EnvPrivateSecretKey) ||
		!strings.Contains(stderr, "Try: ") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

// The run is rejected before its first request, so nothing is sent.
func TestProductionOnlyWhenUnderstood(t *testing.T) {
	sb := sandbox.New(t)
	args := conformAgainst(t, sb, "--customer", "c1")
	args[1] = client.BaseURLProductionUS
	code, stdout, stderr := clitest.Run(t.Context(), args...)
	if code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, "--i-understand-this-deletes-customers") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// Half an id may be the id of another customer.
func TestIDsAreNotSplit(t *testing.T) {
	sb := sandbox.New(t, sandbox.WithCustomers("anna", "bert", "xena", "yves"))
	file := filepath.Join(t.TempDir(), "customers.txt")
	if err := os.WriteFile(file, []byte("xena yves\r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for flag, c := range map[string]struct{ value, want string }{
		"--customer":       {"anna,bert", "an id contains a comma at byte 4"},
		"--customers-file": {file, "customers.txt:1: customer id contains white space (a space) at byte 4"},
	} {
		code, _, stderr := clitest.Run(t.Context(), conformAgainst(t, sb, flag, c.value)...)
		if code != command.ExitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("exit %d, stderr %q", code, stderr)
		}
	}
	if got := sb.Customers(sb.Credentials().AccountCode); len(got) != 4 {
		t.Errorf("left %v: a customer that was not named is gone", got)
	}
	code, _, stderr := clitest.Run(t.Context(), conformAgainst(t, sb, "--customer", " anna")...)
	if code != command.ExitUsage || !strings.Contains(stderr, "white space") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestUnwritableReportErasesNothing(t *testing.T) {
	sb := sandbox.New(t, sandbox.WithCustomers(expendable...))
	args := append(customerFlags(), "--output", filepath.Join(t.TempDir(), "nowhere", "report.txt"))
	code, _, stderr := clitest.Run(t.Context(), conformAgainst(t, sb, args...)...)
	if code != command.ExitFailure || !strings.Contains(stderr, "no such file") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
	if got := sb.Customers(sb.Credentials().AccountCode); len(got) != len(expendable) {
		t.Errorf("left %v", got)
	}
}

func TestBadBaseline(t *testing.T) {
	sb := sandbox.New(t)
	file := filepath.Join(t.TempDir(), "baseline.txt")
	if err := os.WriteFile(file, []byte("no-such-case because\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := clitest.Run(t.Context(), conformAgainst(t, sb, "--baseline", file)...)
	if code != command.ExitFailure || !strings.Contains(stderr, file) || !strings.Contains(stderr, "line 1") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestOperations(t *testing.T) {
	sb := sandbox.New(t, sandbox.WithCustomers(expendable...))
	args := append(conformAgainst(t, sb, customerFlags()...), "--strict")
	code, stdout, stderr := clitest.Run(t.Context(), append(args, "--operation", "delete-customer")...)
	if code == command.ExitUsage || !strings.Contains(stdout, "needs a target that serves retrieve-customer: it is not among its operations") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	code, _, stderr = clitest.Run(t.Context(), append(args, "--operation", "retrieve")...)
	if code != command.ExitUsage || !strings.Contains(stderr, `no operation is "retrieve": use some of delete-customer, `) {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}
