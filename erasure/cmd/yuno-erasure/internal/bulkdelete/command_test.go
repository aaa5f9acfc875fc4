package bulkdelete_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

func TestFromTheCommandLine(t *testing.T) {
	sb := newYuno(t, 3)
	expect(t, command.ExitOK, "2 accepted", "", "c0", "c1")
	expect(t, command.ExitNotFound, "0 accepted, 1 not found", "1 not found", "c0")
	expect(t, command.ExitUsage, "", "id 2 contains a slash", "c2", "a/b")
	if remaining(sb) != 1 {
		t.Errorf("%d remain", remaining(sb))
	}
}

func TestDryRunSendsNothing(t *testing.T) {
	sb := newYuno(t, 3)
	file := clitest.WriteFile(t, "ids.txt", "c0\nc1\nc0\n")
	expect(t, command.ExitOK, "Would erase 2 customers", "", "--file", file, "--dry-run")
	expect(t, exitFailed, "Would erase 1 customer of", ":2: customer id contains a slash",
		"--file", clitest.WriteFile(t, "bad.txt", "c0\n../x\n"), "--dry-run")
	if remaining(sb) != 3 {
		t.Errorf("%d remain", remaining(sb))
	}
}

func TestAsksForConfirmation(t *testing.T) {
	sb := newYuno(t, 20)
	file := clitest.WriteFile(t, "ids.txt", strings.Join(ids(20), "\n"))
	expect(t, command.ExitUsage, "", "there is no terminal to ask for confirmation on", "--file", file)
	if remaining(sb) != 20 {
		t.Errorf("%d remain", remaining(sb))
	}
	expect(t, command.ExitOK, "20 accepted", "", "--file", file, "--yes")
}

func TestAsksForOneCustomerInProduction(t *testing.T) {
	sb := newYuno(t, 1)
	t.Setenv(client.EnvPublicAPIKey, "prod_0123456789")
	expect(t, command.ExitUsage, "", "at the service "+sb.URL()+".\nThe list begins with c0.\n", "c0")
	if remaining(sb) != 1 {
		t.Errorf("%d remain", remaining(sb))
	}
}

func TestCSVAndJSONL(t *testing.T) {
	sb := newYuno(t, 4)
	expect(t, command.ExitOK, "2 accepted", "",
		"--file", clitest.WriteFile(t, "a.csv", "\ufeffname,id\r\nAda,c0\r\n\"B, C\",c1\r\n"), "--column", "id")
	expect(t, command.ExitOK, "2 accepted", "",
		"--file", clitest.WriteFile(t, "a.jsonl", "{\"id\": \"c2\"}\n{\"id\": \"c3\"}\n"), "--field", "id")
	expect(t, command.ExitUsage, "", `has no column "id"`,
		"--file", clitest.WriteFile(t, "b.csv", "name\nAda\n"), "--column", "id")
	expect(t, command.ExitUsage, "", "contains no id", "--file", clitest.WriteFile(t, "empty.txt", "# none\n"))
	if remaining(sb) != 0 {
		t.Errorf("%d remain", remaining(sb))
	}
}

func TestReport(t *testing.T) {
	sb := newYuno(t, 3)
	sb.FailCustomer("c1", forbidden)
	file, report := clitest.WriteFile(t, "ids.txt", "c0\nc1\nnobody\n../x\nc2\n"), filepath.Join(t.TempDir(), "report.csv")
	expect(t, exitFailed, "2 accepted, 1 not found, 0 maybe deleted, 1 invalid, 1 failed", ":4: customer id contains a slash",
		"--file", file, "--report", report)
	content, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range rows[1:] {
		if row[0] == "" {
			row[0] = "line " + row[7]
		}
		got[row[0]] = row[1] + " " + row[2] + " " + row[3]
		if row[1] == "accepted" && row[5] == "" {
			t.Errorf("%s has no request id", row[0])
		}
	}
	for id, want := range map[string]string{"c0": "accepted 202 ", "c1": "failed 403 ", "nobody": "not_found 400 CUSTOMER_NOT_FOUND", "line 4": "invalid  ", "c2": "accepted 202 "} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
	// A resume sends failed ids again, and no others.
	sb.FailCustomer("c1", noFault)
	expect(t, exitFailed, "3 accepted, 1 not found, 0 maybe deleted, 1 invalid, 0 failed", "",
		"--file", file, "--resume", "--report", report)
	expect(t, command.ExitUsage, "", "already exists, apparently from an earlier run", "--file", file)
	nowhere := filepath.Join(t.TempDir(), "nowhere", "r.csv")
	expect(t, command.ExitUsage, "", "yuno-erasure: --report "+nowhere+": no such file or directory\nTry: ",
		"--file", clitest.WriteFile(t, "more.txt", "c0\n"), "--report", nowhere)
}

func TestPrintsOutcomesOfTheCommandLine(t *testing.T) {
	newYuno(t, 1)
	expect(t, command.ExitNotFound, "c0: accepted, status 202\n", "", "c0", "nobody")
	t.Setenv(client.EnvAPIEndpoint, "http://127.0.0.1:1/v1")
	expect(t, exitFailed, "c0: failed, connection_refused\n", "", "c0")
}

func TestJSONSummary(t *testing.T) {
	newYuno(t, 1)
	_, stdout, _ := clitest.Run(t.Context(), "delete", "c0", "--json")
	var s bulk.Summary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || s != (bulk.Summary{Accepted: 1}) {
		t.Errorf("%s, %v", stdout, err)
	}
}

func TestJSONOutcomesOfTheCommandLine(t *testing.T) {
	newYuno(t, 1)
	code, stdout, _ := clitest.Run(t.Context(), "delete", "nobody", "c0", "--json")
	var got struct {
		bulk.Summary
		Results []bulk.ReportLine
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != command.ExitNotFound ||
		got.Accepted != 1 || len(got.Results) != 2 {
		t.Fatalf("exit status %d, %v\n%s", code, err, stdout)
	}
	if a, b := got.Results[0], got.Results[1]; a.ID != "nobody" || a.Outcome != bulk.NotFound ||
		a.Code != "CUSTOMER_NOT_FOUND" || b.ID != "c0" || b.Outcome != bulk.Accepted || b.Status != 202 ||
		b.RequestID == "" {
		t.Errorf("got %+v", got.Results)
	}
	// For a file, they are in the report.
	if _, stdout, _ := clitest.Run(t.Context(), "delete", "--file", clitest.WriteFile(t, "ids.txt", "c0\n"), "--json"); strings.Contains(stdout, "results") {
		t.Errorf("of a file: %s", stdout)
	}
}

func TestLostResponse(t *testing.T) {
	sb := newYuno(t, 1)
	sb.FailNext(sandbox.Fault{Kind: sandbox.LostResponse})
	expect(t, command.ExitNotFound, "1 maybe deleted", "", "c0")
}

func TestWrongKeysStopEarly(t *testing.T) {
	sb := newYuno(t, 200)
	t.Setenv(client.EnvPrivateSecretKey, "sandbox_wrong_key_wrong_key")
	expect(t, exitFailed, "", "INVALID_CREDENTIALS (status 401). Stopped; --keep-going prevents that. Wrong keys, account or environment?",
		"--file", clitest.WriteFile(t, "ids.txt", strings.Join(ids(200), "\n")), "--yes")
	if remaining(sb) != 200 {
		t.Errorf("%d remain", remaining(sb))
	}
}

func TestStandardInput(t *testing.T) {
	sb := newYuno(t, 12)
	journal := filepath.Join(t.TempDir(), "j")
	args := []string{"delete", "--file", "-", "--journal", journal, "--yes"}
	code, stdout, stderr := clitest.RunWithInput(t.Context(), strings.NewReader(strings.Join(ids(12), "\n")), args...)
	if code != command.ExitOK || remaining(sb) != 0 {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	expect(t, command.ExitOK, "12 accepted", "", "--file", "-", "--journal", journal, "--yes", "--resume")
	expect(t, command.ExitUsage, "", "--file - needs --journal", "--file", "-")

	// Another input must not replace the copy of the first, which may be the only one.
	copied, err := os.ReadFile(journal + ".input")
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{nil, {"--dry-run"}} {
		clitest.RunWithInput(t.Context(), strings.NewReader("other\n"), append(args, more...)...)
	}
	if now, err := os.ReadFile(journal + ".input"); err != nil || !bytes.Equal(now, copied) {
		t.Errorf("the copy of the first input was replaced: %v", err)
	}
}

func TestUsage(t *testing.T) {
	newYuno(t, 1)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"want ids or --file", nil},
		{"want ids or --file, not both", []string{"c0", "--file", "x"}},
		{"--column, --field, --delimiter, --encoding and --sheet need --file", []string{"c0", "--column", "id"}},
		{"--profile wants a value", []string{"c0", "--profile", ""}},
		{"--column wants a value", []string{"--file", "x", "--column="}},
		{"--field is for JSON, and --column, --delimiter and --sheet are for tables", []string{"--file", "x", "--column", "a", "--field", "b"}},
		{"--concurrency wants", []string{"c0", "--concurrency", "0"}},
		{"--rate wants 0, or 0.001 to 1000000", []string{"c0", "--rate=-1"}},
		{"--rate wants 0, or 0.001 to 1000000", []string{"c0", "--rate", "-1"}},
		{"--rate wants 0, or 0.001 to 1000000", []string{"c0", "--rate", "NaN"}},
		{`--rate: wants a number, not "fast"`, []string{"c0", "--rate", "fast"}},
		{"--rate: expected number value", []string{"c0", "--rate", "--yes"}},
		{"--max-failures wants 0 to 2147483647", []string{"c0", "--max-failures", "-1"}},
		{"--max-failures: wants a whole number", []string{"c0", "--max-failures", "1.5"}},
		{"--concurrency wants 1 to 1000", []string{"c0", "--concurrency", "-1"}},
		{"--file - needs --journal", []string{"--file", "-", "--dry-run", "--resume"}},
		{"the name of a file with ids", []string{"--file", "nowhere.txt"}},
		{"no run to resume\nTry: the same command without --resume", []string{"--file", clitest.WriteFile(t, "ids.txt", "c0"), "--resume"}},
		{"no run to resume\nTry: the same command without --resume", []string{"--file", clitest.WriteFile(t, "ids.txt", "c0"), "--resume", "--dry-run"}},
		{"is a folder", []string{"--file", t.TempDir()}},
		{"is not a regular file", []string{"--file", os.DevNull}},
	} {
		expect(t, command.ExitUsage, "", c.want, c.args...)
	}
	t.Setenv(client.EnvPublicAPIKey, "")
	expect(t, command.ExitUsage, "", client.EnvPublicAPIKey, "c0")
}

func TestProfiles(t *testing.T) {
	sb := newYuno(t, 2)
	creds := sb.Credentials()
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv(client.EnvPrivateSecretKey, "")
	expect(t, command.ExitUsage, "", "there is no file", "c0", "--profile", "mine")
	path := filepath.Join(config, "yuno-erasure", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("profiles:\n  mine:\n    account_code: %s\n    public_api_key: %s\n    private_secret_key: %s\n    base_url: %s\n",
		creds.AccountCode, creds.PublicAPIKey, creds.PrivateSecretKey, sb.URL())
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, command.ExitUsage, "", "chmod 600", "c0", "--profile", "mine")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, command.ExitOK, "1 accepted", "", "c0", "--profile", "mine")
	expect(t, command.ExitUsage, "", "one of: mine", "c0", "--profile", "other")
	if err := os.WriteFile(path, []byte(text+"---\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, command.ExitUsage, "", "contains more than one document", "c0", "--profile", "mine")
	if err := os.WriteFile(path, []byte(text+"    secret: "+creds.PrivateSecretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := clitest.Run(t.Context(), "delete", "c1", "--profile", "mine")
	if code != command.ExitUsage || strings.Contains(stderr, creds.PrivateSecretKey) {
		t.Errorf("exit status %d, %s", code, stderr)
	}
}

// A YAML error does not quote the file.
func TestProfileMistakeIsNotQuoted(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	if err := os.Mkdir(filepath.Join(config, "yuno-erasure"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(config, "yuno-erasure", "config.yaml"), []byte("profiles: sk_secret_secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := clitest.Run(t.Context(), "delete", "c1", "--profile", "mine"); code == command.ExitOK || strings.Contains(stderr, "sk_") {
		t.Errorf("exit status %d, %s", code, stderr)
	}
}

// Outside of production, up to ten customers are erased without confirmation.
func TestConfirmsMoreThanTen(t *testing.T) {
	sb := newYuno(t, 21)
	expect(t, command.ExitOK, "10 accepted", "", ids(21)[:10]...)
	expect(t, command.ExitUsage, "", "there is no terminal to ask for confirmation on", ids(21)[10:]...)
	if remaining(sb) != 11 {
		t.Errorf("%d remain", remaining(sb))
	}
	// Ids that are done do not count.
	file := clitest.WriteFile(t, "ids.txt", strings.Join(ids(21)[10:], "\n"))
	sb.FailCustomer("c20", forbidden)
	expect(t, exitFailed, "10 accepted", "", "--file", file, "--yes")
	expect(t, exitFailed, "10 accepted", "Erasing 1 customer (of 11; the others are done)", "--file", file, "--resume")
}

// An unknown outcome is reported as such, and the id is sent again.
func TestUnsettled(t *testing.T) {
	sb := newYuno(t, 2)
	sb.FailCustomer("c0", sandbox.Fault{Kind: sandbox.GatewayTimeout})
	file := clitest.WriteFile(t, "ids.txt", "c0\nc1\n")
	expect(t, exitFailed, "1 accepted, 0 not found, 1 maybe deleted (1 of them with an unknown outcome)", "1 maybe deleted with an unknown outcome\nTry again with: yuno-erasure delete --file "+file+" --resume\n",
		"--file", file)
	sb.FailCustomer("c0", noFault)
	expect(t, command.ExitOK, "2 accepted", "", "--file", file, "--resume")
}
