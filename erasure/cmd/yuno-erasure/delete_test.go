package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// yuno starts a sandbox with n customers, c0 and so on, and points the
// environment at it.
func yuno(t *testing.T, n int) *sandbox.Sandbox {
	t.Helper()
	return pointAt(t, sandbox.New(t, sandbox.WithCustomers(ids(n)...), sandbox.WithRecordLimit(0)))
}

func pointAt(t *testing.T, sb *sandbox.Sandbox) *sandbox.Sandbox {
	t.Helper()
	creds := sb.Credentials()
	t.Setenv(client.EnvAccountCode, creds.AccountCode)
	t.Setenv(client.EnvPublicAPIKey, creds.PublicAPIKey)
	t.Setenv(client.EnvPrivateSecretKey, creds.PrivateSecretKey)
	t.Setenv(client.EnvAPIEndpoint, sb.URL())
	return sb
}

func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("c%d", i)
	}
	return all
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func left(sb *sandbox.Sandbox) int { return len(sb.Customers(sb.Credentials().AccountCode)) }

func expect(t *testing.T, code int, stdout, stderr string, args ...string) {
	t.Helper()
	gotCode, gotOut, gotErr := runCommand(t.Context(), append([]string{"delete"}, args...)...)
	if gotCode != code || !strings.Contains(gotOut, stdout) || !strings.Contains(gotErr, stderr) {
		t.Errorf("%v: exit %d\n%s%s\nwant %d, %q and %q", args, gotCode, gotOut, gotErr, code, stdout, stderr)
	}
}

func TestDelete(t *testing.T) {
	t.Run("FromTheCommandLine", func(t *testing.T) {
		sb := yuno(t, 3)
		expect(t, exitOK, "2 accepted", "", "c0", "c1")
		expect(t, exitNotFound, "0 accepted, 1 not found", "1 not found", "c0")
		expect(t, exitUsage, "", "id 2: invalid argument", "c2", "a/b")
		if left(sb) != 1 {
			t.Errorf("%d left", left(sb))
		}
	})

	t.Run("DryRunSendsNothing", func(t *testing.T) {
		sb := yuno(t, 3)
		file := write(t, "ids.txt", "c0\nc1\nc0\n")
		expect(t, exitOK, "Would erase 2 customers", "", "--file", file, "--dry-run")
		expect(t, exitFailed, "Would erase 1 customer of", ":2: invalid argument", "--file", write(t, "bad.txt", "c0\n../x\n"), "--dry-run")
		if left(sb) != 3 {
			t.Errorf("%d left", left(sb))
		}
	})

	t.Run("AsksAndTakesNoSilenceForYes", func(t *testing.T) {
		sb := yuno(t, 20)
		file := write(t, "ids.txt", strings.Join(ids(20), "\n"))
		expect(t, exitUsage, "", "there is no terminal to ask on", "--file", file)
		if left(sb) != 20 {
			t.Errorf("%d left", left(sb))
		}
		expect(t, exitOK, "20 accepted", "", "--file", file, "--yes")
	})

	t.Run("AsksForOneWithKeysOfProduction", func(t *testing.T) {
		sb := yuno(t, 1)
		t.Setenv(client.EnvPublicAPIKey, "prod_0123456789")
		expect(t, exitUsage, "", "at the service "+sb.URL()+".\nThe list begins with c0.\n", "c0")
		if left(sb) != 1 {
			t.Errorf("%d left", left(sb))
		}
	})

	t.Run("CSVAndJSONL", func(t *testing.T) {
		sb := yuno(t, 4)
		expect(t, exitOK, "2 accepted", "", "--file", write(t, "a.csv", "\ufeffname,id\r\nAda,c0\r\n\"B, C\",c1\r\n"), "--column", "id")
		expect(t, exitOK, "2 accepted", "", "--file", write(t, "a.jsonl", "{\"id\": \"c2\"}\n{\"id\": \"c3\"}\n"), "--field", "id")
		expect(t, exitUsage, "", `has no column "id"`, "--file", write(t, "b.csv", "name\nAda\n"), "--column", "id")
		expect(t, exitUsage, "", "there is no id in it", "--file", write(t, "empty.txt", "# none\n"))
		if left(sb) != 0 {
			t.Errorf("%d left", left(sb))
		}
	})

	t.Run("Report", func(t *testing.T) {
		sb := yuno(t, 3)
		sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.HTML, Status: 403})
		file, report := write(t, "ids.txt", "c0\nc1\nnobody\n../x\nc2\n"), filepath.Join(t.TempDir(), "report.csv")
		expect(t, exitFailed, "2 accepted, 1 not found, 0 maybe deleted, 1 invalid, 1 failed", ":4: invalid argument", "--file", file, "--report", report)
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
			got[row[0]] = row[1] + " " + row[2] + " " + row[3]
			if row[1] == "accepted" && row[5] == "" {
				t.Errorf("%s has no request id", row[0])
			}
		}
		for id, want := range map[string]string{"c0": "accepted 202 ", "c1": "failed 403 ", "nobody": "not_found 400 CUSTOMER_NOT_FOUND", "../x": "invalid  ", "c2": "accepted 202 "} {
			if got[id] != want {
				t.Errorf("%s: %q, want %q", id, got[id], want)
			}
		}
		// Failed ones are sent again by a run that resumes; the others are not.
		sb.FailCustomer("c1", sandbox.Fault{})
		expect(t, exitFailed, "3 accepted, 1 not found, 0 maybe deleted, 1 invalid, 0 failed", "", "--file", file, "--resume", "--report", report)
		expect(t, exitUsage, "", "already exists, apparently from an earlier run", "--file", file)
		nowhere := filepath.Join(t.TempDir(), "nowhere", "r.csv")
		expect(t, exitUsage, "", "yuno-erasure: --report "+nowhere+": no such file or directory\nTry: ", "--file", write(t, "more.txt", "c0\n"), "--report", nowhere)
	})

	t.Run("SaysWhatBecameOfEachIDOfTheCommandLine", func(t *testing.T) {
		yuno(t, 1)
		expect(t, exitNotFound, "c0: accepted, status 202\n", "", "c0", "nobody")
		t.Setenv(client.EnvAPIEndpoint, "http://127.0.0.1:1/v1")
		expect(t, exitFailed, "c0: failed, connection_refused\n", "", "c0")
	})

	t.Run("AFileThatChangesIsNotSent", func(t *testing.T) {
		sb := yuno(t, 2)
		file := write(t, "ids.txt", "c0\n")
		in, err := inputOfFile(file, "")
		if err != nil {
			t.Fatal(err)
		}
		defer in.close()
		opened, err := in.open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := opened.Read(make([]byte, 1)); got != 1 || err != nil {
			t.Errorf("read %d, %v", got, err)
		}
		if err := os.WriteFile(file, []byte("c0\nc1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(opened); len(got) > 0 || err == nil || !strings.Contains(err.Error(), "was changed after it was checked") {
			t.Errorf("read %q, %v", got, err)
		}
		if left(sb) != 2 {
			t.Errorf("%d left", left(sb))
		}
	})

	t.Run("JSONSummary", func(t *testing.T) {
		yuno(t, 1)
		_, stdout, _ := runCommand(t.Context(), "delete", "c0", "--json")
		var s bulk.Summary
		if err := json.Unmarshal([]byte(stdout), &s); err != nil || s != (bulk.Summary{Accepted: 1}) {
			t.Errorf("%s, %v", stdout, err)
		}
	})

	t.Run("JSONResultsOfTheCommandLine", func(t *testing.T) {
		yuno(t, 1)
		code, stdout, _ := runCommand(t.Context(), "delete", "nobody", "c0", "--json")
		var got struct {
			bulk.Summary
			Results []bulk.ReportLine
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitNotFound || got.Accepted != 1 || len(got.Results) != 2 {
			t.Fatalf("exit %d, %v\n%s", code, err, stdout)
		}
		if a, b := got.Results[0], got.Results[1]; a.ID != "nobody" || a.Outcome != bulk.NotFound || a.Code != "CUSTOMER_NOT_FOUND" || b.ID != "c0" || b.Outcome != bulk.Accepted || b.Status != 202 || b.RequestID == "" {
			t.Errorf("got %+v", got.Results)
		}
		// A file's are in the report.
		if _, stdout, _ := runCommand(t.Context(), "delete", "--file", write(t, "ids.txt", "c0\n"), "--json"); strings.Contains(stdout, "results") {
			t.Errorf("of a file: %s", stdout)
		}
	})

	t.Run("LostAnswerIsReported", func(t *testing.T) {
		sb := yuno(t, 1)
		sb.FailNext(sandbox.Fault{Kind: sandbox.LostResponse})
		expect(t, exitNotFound, "1 maybe deleted", "", "c0")
	})

	t.Run("WrongKeysStopEarly", func(t *testing.T) {
		sb := yuno(t, 200)
		t.Setenv(client.EnvPrivateSecretKey, "sandbox_wrong_key_wrong_key")
		expect(t, exitFailed, "", "INVALID_CREDENTIALS (status 401). Stopped; --keep-going would not. Wrong keys, account or environment?", "--file", write(t, "ids.txt", strings.Join(ids(200), "\n")), "--yes")
		if left(sb) != 200 {
			t.Errorf("%d left", left(sb))
		}
	})

	t.Run("StandardInput", func(t *testing.T) {
		sb := yuno(t, 12)
		journal := filepath.Join(t.TempDir(), "j")
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"delete", "--file", "-", "--journal", journal, "--yes"}, strings.NewReader(strings.Join(ids(12), "\n")), &out, &errs)
		if code != exitOK || left(sb) != 0 {
			t.Errorf("exit %d\n%s%s", code, &out, &errs)
		}
		expect(t, exitOK, "12 accepted", "", "--file", "-", "--journal", journal, "--yes", "--resume")
		expect(t, exitUsage, "", "--file - needs --journal", "--file", "-")

		// Another input must not replace the copy of the first: it may be all there is.
		copied, err := os.ReadFile(journal + ".input")
		if err != nil {
			t.Fatal(err)
		}
		for _, more := range [][]string{nil, {"--dry-run"}} {
			run(t.Context(), append([]string{"delete", "--file", "-", "--journal", journal, "--yes"}, more...), strings.NewReader("other\n"), &out, &errs)
		}
		if now, err := os.ReadFile(journal + ".input"); err != nil || !bytes.Equal(now, copied) {
			t.Errorf("the copy of the first input was replaced: %v", err)
		}
	})

	t.Run("Usage", func(t *testing.T) {
		yuno(t, 1)
		for _, c := range []struct {
			want string
			args []string
		}{
			{"want ids or --file", nil},
			{"want ids or --file, not both", []string{"c0", "--file", "x"}},
			{"--column and --field are about --file", []string{"c0", "--column", "id"}},
			{"--profile wants a value", []string{"c0", "--profile", ""}},
			{"--column wants a value", []string{"--file", "x", "--column="}},
			{"--column is for CSV", []string{"--file", "x", "--column", "a", "--field", "b"}},
			{"--concurrency wants", []string{"c0", "--concurrency", "0"}},
			{"--rate wants 0 or more", []string{"c0", "--rate=-1"}},
			{"--rate wants 0 or more", []string{"c0", "--rate", "-1"}},
			{"--rate wants 0 or more", []string{"c0", "--rate", "NaN"}},
			{`--rate: wants a number, not "fast"`, []string{"c0", "--rate", "fast"}},
			{"--rate: expected number value", []string{"c0", "--rate", "--yes"}},
			{"--max-failures wants 0 or more", []string{"c0", "--max-failures", "-1"}},
			{"--max-failures: wants a whole number", []string{"c0", "--max-failures", "1.5"}},
			{"--concurrency wants 1 to 1000", []string{"c0", "--concurrency", "-1"}},
			{"--file - needs --journal", []string{"--file", "-", "--dry-run", "--resume"}},
			{"the name of a file with ids", []string{"--file", "nowhere.txt"}},
			{"no run to resume\nTry: the same command without --resume", []string{"--file", write(t, "ids.txt", "c0"), "--resume"}},
			{"no run to resume\nTry: the same command without --resume", []string{"--file", write(t, "ids.txt", "c0"), "--resume", "--dry-run"}},
			{"is a folder", []string{"--file", t.TempDir()}},
			{"is not a regular file", []string{"--file", os.DevNull}},
		} {
			expect(t, exitUsage, "", c.want, c.args...)
		}
		t.Setenv(client.EnvPublicAPIKey, "")
		expect(t, exitUsage, "", client.EnvPublicAPIKey, "c0")
	})
}

func TestProfiles(t *testing.T) {
	sb := yuno(t, 2)
	creds := sb.Credentials()
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv(client.EnvPrivateSecretKey, "")
	expect(t, exitUsage, "", "there is no file", "c0", "--profile", "mine")
	path := filepath.Join(config, "yuno-erasure", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("profiles:\n  mine:\n    account_code: %s\n    public_api_key: %s\n    private_secret_key: %s\n    base_url: %s\n",
		creds.AccountCode, creds.PublicAPIKey, creds.PrivateSecretKey, sb.URL())
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, exitUsage, "", "chmod 600", "c0", "--profile", "mine")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, exitOK, "1 accepted", "", "c0", "--profile", "mine")
	expect(t, exitUsage, "", "one of: mine", "c0", "--profile", "other")
	if err := os.WriteFile(path, []byte(text+"    secret: "+creds.PrivateSecretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := runCommand(t.Context(), "delete", "c1", "--profile", "mine")
	if code != exitUsage || strings.Contains(stderr, creds.PrivateSecretKey) {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// A run of 20,000 ids is killed ten times and resumed: every id is accounted for
// exactly once, and Yuno's own record agrees.
func TestDeleteSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and kills it ten times")
	}
	const n, kills = 20_000, 10
	sb := yuno(t, n)
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
	for attempt := 0; killed < kills && left(sb) > 0; attempt++ {
		var args []string
		if _, err := os.Stat(file + ".journal"); err == nil {
			args = []string{"--resume"}
		}
		cmd := start(args...)
		// Killed once it has erased some more, wherever it is by then.
		goal := left(sb) - rand.N(n/kills)
		eventually(t, "some more erased", func() bool { return left(sb) <= max(goal, 0) || cmd.ProcessState != nil })
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		killed++
	}
	t.Logf("killed %d times, %d left", killed, left(sb))
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, "delete", "--file", file, "--yes", "--quiet", "--resume", "--report", report, "--json")
	cmd.Stdout, cmd.Stderr = &out, &out
	started := time.Now()
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != exitNotFound {
		t.Fatalf("%v after %v\n%s", err, time.Since(started), &out)
	}
	if left(sb) != 0 {
		t.Errorf("%d customers are still there", left(sb))
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
			t.Errorf("%s stands twice", r.ID)
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
