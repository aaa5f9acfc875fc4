package bulkdelete_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// merchantIDs returns the merchant's ids of c0 and so on.
func merchantIDs(n int) []string {
	all := ids(n)
	for i := range all {
		all[i] = "merchant-" + all[i]
	}
	return all
}

func TestDeleteByMerchantID(t *testing.T) {
	sb := newYuno(t, 4)
	file := clitest.WriteFile(t, "own.txt", "merchant-c0\nmerchant-c1\nnobody@example.com\nmerchant-c0\nmerchant-c2\nNULL\n")
	folder := filepath.Dir(file)
	report, lines := filepath.Join(folder, "report.csv"), filepath.Join(folder, "report.jsonl")
	expect(t, exitFailed, "3 accepted, 1 not found, 0 maybe deleted, 1 invalid, 0 failed, 1 duplicate skipped", "3 of 4 found: 1 unknown.",
		"--by", "merchant-id", "--file", file, "--report", report, "--report", lines)
	if remaining(sb) != 1 {
		t.Errorf("%d customers are left", remaining(sb))
	}
	got := byMerchantID(t, report)
	for merchantID, want := range map[string]string{
		"merchant-c0": "c0 accepted 1", "merchant-c1": "c1 accepted 2", "merchant-c2": "c2 accepted 5", "nobody@example.com": " not_found 3", "": " invalid 6",
	} {
		if got[merchantID] != want {
			t.Errorf("%q: got %q, want %q", merchantID, got[merchantID], want)
		}
	}
	text, err := os.ReadFile(lines)
	if err != nil || strings.Count(string(text), `"merchant_customer_id":"merchant-c`) != 3 || strings.Count(string(text), "\n") != 5 {
		t.Errorf("report in JSONL: %v\n%s", err, text)
	}
	for _, path := range []string{file + ".journal", file + ".journal.lookup"} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	// The same again does nothing, as after every run.
	expect(t, command.ExitUsage, "", "already exists", "--by", "merchant-id", "--file", file)
	expect(t, exitFailed, "3 accepted, 1 not found", "Nothing left to send", "--by", "merchant-id", "--file", file, "--resume")
}

// byMerchantID reads a report in CSV and returns id, outcome and line by merchant id.
func byMerchantID(t *testing.T, path string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, row := range rows(t, path) {
		got[row["merchant_customer_id"]] = row["id"] + " " + row["outcome"] + " " + row["line"]
	}
	return got
}

// Ids of the command line are never read as a list.
func TestDeleteArgumentsByMerchantID(t *testing.T) {
	sb := newYuno(t, 2)
	for i, id := range []string{"# 7", `{"id":1}`, "a,b", "ada@example.com"} {
		c := sandbox.Customer{ID: fmt.Sprintf("x%d", i), MerchantCustomerID: id}
		if err := sb.AddCustomer(sb.Credentials().AccountCode, c); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, command.ExitNotFound, "merchant-c1 (c1): accepted, status 202\n", "5 of 6 found: 1 unknown",
		"--by", "merchant-id", "merchant-c1", "# 7", "nobody", `{"id":1}`, "a,b", "ada@example.com")
	if remaining(sb) != 1 {
		t.Errorf("%d customers are left", remaining(sb))
	}
	expect(t, command.ExitNotFound, "nobody: not_found, status 400, CUSTOMER_NOT_FOUND\n", "0 of 1 found: 1 unknown. Are these the merchant_customer_id", "--by", "merchant-id", "nobody")
	expect(t, command.ExitOK, `"merchant_customer_id": "merchant-c0"`, "", "--by", "merchant-id", "merchant-c0", "--json")
}

func TestDryRunByMerchantID(t *testing.T) {
	sb := newYuno(t, 3)
	file := clitest.WriteFile(t, "own.txt", "merchant-c0\nnobody@example.com\nmerchant-c2\n")
	args := []string{"--by", "merchant-id", "--file", file, "--dry-run"}
	expect(t, command.ExitOK, "Would look up 3 merchant ids of account", "", args...)
	if exists(file + ".journal.lookup") {
		t.Error("somebody was looked up")
	}
	expect(t, command.ExitOK, `"merchant_ids": 3`, "", append(args, "--json")...)
	for _, flag := range []string{"--json", "--quiet"} { // an address does not belong on a screen
		code, stdout, stderr := clitest.Run(t.Context(), append(append([]string{"delete"}, args...), "--look-up", flag)...)
		if code != command.ExitNotFound || strings.Contains(stdout+stderr, "example.com") || !strings.Contains(stdout, "merchant-c0") {
			t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
		}
	}
	if err := os.Remove(file + ".journal.lookup"); err != nil {
		t.Fatal(err)
	}
	args = append(args, "--look-up")
	expect(t, command.ExitNotFound, "2 of 3 found: 1 unknown.\nWould erase 2 customers of account", "Looking up 3 merchant ids", args...)
	expect(t, command.ExitNotFound, `"found": 2`, "", append(args, "--json")...)
	if remaining(sb) != 3 || exists(file+".journal") {
		t.Error("somebody was erased")
	}
	// What was looked up is not looked up again.
	sb.FailNext(forbidden.Times(100)...)
	expect(t, command.ExitNotFound, "2 of 3 found", "", args...)
	code, _, stderr := clitest.Run(t.Context(), append([]string{"delete"}, args...)...)
	if code != command.ExitNotFound || strings.Contains(stderr, "Looking up") {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// What a look-up did not find out is asked about again with --resume, and so is what was
// found too long ago, unless it was used.
func TestLookUpAgain(t *testing.T) {
	sb := newYuno(t, 3)
	sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.HTML, Status: 403})
	file := clitest.WriteFile(t, "own.txt", strings.Join(merchantIDs(3), "\n"))
	args := []string{"--by", "merchant-id", "--file", file}
	expect(t, exitFailed, "2 accepted, 0 not found, 0 maybe deleted, 0 invalid, 1 failed", "2 of 3 found: 1 not looked up (failed)", args...)
	sb.FailCustomer("c1", noFault)
	age(t, file+".journal.lookup")
	expect(t, command.ExitOK, "3 accepted", "Looking up 1 merchant id (of 3; the others were looked up before) of account", append(args, "--resume", "--yes")...)
	if remaining(sb) != 0 {
		t.Errorf("%d customers are left", remaining(sb))
	}
}

// age makes the results in a record two days old.
func age(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for i, line := range lines {
		if before, _, ok := strings.Cut(line, `"time":"`); ok {
			lines[i] = before + `"time":"` + time.Now().UTC().Add(-48*time.Hour).Format(time.RFC3339) + "\"}\n"
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A journal of an earlier run is noticed before anybody is looked up.
func TestLookUpBesideAnotherJournal(t *testing.T) {
	newYuno(t, 1)
	file := clitest.WriteFile(t, "own.txt", "merchant-c0\n")
	args := []string{"delete", "--by", "merchant-id", "--file", file}
	if code, stdout, stderr := clitest.Run(t.Context(), args...); code != command.ExitOK {
		t.Fatalf("exit status %d\n%s%s", code, stdout, stderr)
	}
	if err := os.Remove(file + ".journal.lookup"); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := clitest.Run(t.Context(), args...)
	if code != command.ExitUsage || !strings.Contains(stderr, "already exists") || strings.Contains(stderr, "Looking up") || exists(file+".journal.lookup") {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
}

// A look-up that is a day old, and that no deletion has used, is looked up again: by then
// the id may be somebody else's.
func TestOldLookUp(t *testing.T) {
	sb := newYuno(t, 2)
	file := clitest.WriteFile(t, "own.txt", "moves\nmerchant-c0\n")
	add := func(id string) {
		t.Helper()
		if err := sb.AddCustomer(sb.Credentials().AccountCode, sandbox.Customer{ID: id, MerchantCustomerID: "moves"}); err != nil {
			t.Fatal(err)
		}
	}
	add("before")
	args := []string{"--by", "merchant-id", "--file", file}
	expect(t, command.ExitOK, "Would erase 2 customers", "", append(args, "--dry-run", "--look-up")...)
	if err := sb.AddCustomer(sb.Credentials().AccountCode, sandbox.Customer{ID: "before", MerchantCustomerID: "left"}); err != nil {
		t.Fatal(err)
	}
	add("now")
	age(t, file+".journal.lookup")
	expect(t, command.ExitOK, "2 accepted", "Looking up 2 merchant ids", args...)
	left := sb.Customers(sb.Credentials().AccountCode)
	if strings.Join(left, " ") != "before c1" && strings.Join(left, " ") != "c1 before" {
		t.Errorf("left %v", left)
	}
}

// A look-up whose deletion has failed was not used: when it is old, the id is looked up
// again.
func TestOldLookUpOfAFailure(t *testing.T) {
	sb := newYuno(t, 0)
	file := clitest.WriteFile(t, "own.txt", "moves\n")
	add := func(id, merchantID string) {
		t.Helper()
		if err := sb.AddCustomer(sb.Credentials().AccountCode, sandbox.Customer{ID: id, MerchantCustomerID: merchantID}); err != nil {
			t.Fatal(err)
		}
	}
	add("before", "moves")
	sb.FailNext(noFault, sandbox.Fault{Kind: sandbox.HTML, Status: 403}) // it is looked up, and not erased
	args := []string{"--by", "merchant-id", "--file", file, "--yes"}
	expect(t, exitFailed, "1 failed", "Looking up 1 merchant id", args...)
	add("before", "left")
	add("now", "moves")
	age(t, file+".journal.lookup")
	expect(t, command.ExitOK, "1 accepted", "Looking up 1 merchant id", append(args, "--resume")...)
	if left := sb.Customers(sb.Credentials().AccountCode); !slices.Equal(left, []string{"before"}) {
		t.Errorf("left %v", left)
	}
}

// A look-up whose deletion may have been accepted was used, however old it is: looking up
// would find nobody.
func TestOldLookUpOfALostResponse(t *testing.T) {
	sb := newYuno(t, 1)
	file := clitest.WriteFile(t, "own.txt", "merchant-c0\n")
	sb.FailNext(noFault, sandbox.Fault{Kind: sandbox.LostResponse})
	args := []string{"--by", "merchant-id", "--file", file, "--yes"}
	code, stdout, stderr := clitest.Run(t.Context(), append([]string{"delete"}, args...)...)
	if !strings.Contains(stdout, "1 maybe deleted") || remaining(sb) != 0 {
		t.Fatalf("exit status %d\n%s%s", code, stdout, stderr)
	}
	age(t, file+".journal.lookup")
	report := file + ".csv"
	code, stdout, stderr = clitest.Run(t.Context(), append([]string{"delete", "--resume", "--report", report}, args...)...)
	if !strings.Contains(stdout, "1 maybe deleted") || strings.Contains(stderr, "Looking up") {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	if got := byMerchantID(t, report)["merchant-c0"]; got != "c0 maybe_deleted 1" {
		t.Errorf("got %q", got)
	}
	verified(t, command.ExitOK, "1 gone", "", "--journal", file+".journal")
}

// Every response to a look-up has one meaning, nobody is guessed, and none of what it says
// of a customer is written down.
func TestLookUpResponses(t *testing.T) {
	for name, tc := range map[string]struct {
		status     int
		kind, body string
		code       int
		want       string // of id, outcome and line
	}{
		"Found":           {200, "application/json", everyone("c7", "{ID}"), command.ExitOK, "c7 accepted 1"},
		"OtherMerchantID": {200, "application/json", everyone("c7", "other"), exitFailed, " failed 1"},
		"NoMerchantID":    {200, "application/json", everyone("c7", ""), exitFailed, " failed 1"},
		"OtherCase":       {200, "application/json", everyone("c7", "M1"), exitFailed, " failed 1"},
		"List":            {200, "application/json", "[" + everyone("c7", "{ID}") + "]", exitFailed, " failed 1"},
		"IDTwice":         {200, "application/json", `{"id":"c8",` + everyone("c7", "{ID}")[1:], exitFailed, " failed 1"},
		"NoID":            {200, "application/json", everyone("", "{ID}"), exitFailed, " failed 1"},
		"IDIsAPath":       {200, "application/json", everyone("../payments", "{ID}"), exitFailed, " failed 1"},
		"HTML":            {200, "text/html", "<html>MARKED</html>", exitFailed, " failed 1"},
		"NotFound400":     {400, "application/json", `{"code":"CUSTOMER_NOT_FOUND","messages":["MARKED"]}`, command.ExitNotFound, " not_found 1"},
		"NotFound404":     {404, "application/json", `{"code":"NOT_FOUND","messages":["MARKED"]}`, command.ExitNotFound, " not_found 1"},
		"WrongAddress":    {404, "application/json", "", exitFailed, " failed 1"},
		"Keys":            {401, "application/json", `{"code":"INVALID_CREDENTIALS","messages":["MARKED"]}`, exitFailed, " failed 1"},
		"PersonalCode":    {400, "application/json", `{"code":"MARKED of {ID}","messages":["MARKED"]}`, exitFailed, " failed 1"},
	} {
		t.Run(name, func(t *testing.T) {
			lying(t, tc.status, tc.kind, tc.body)
			file := clitest.WriteFile(t, "own.txt", "m1\n")
			report, page := filepath.Join(filepath.Dir(file), "report.csv"), filepath.Join(filepath.Dir(file), "report.html")
			code, stdout, stderr := clitest.Run(t.Context(), "delete", "--by", "merchant-id", "--file", file, "--report", report, "--report", page, "--json")
			if code != tc.code {
				t.Errorf("exit status %d, want %d\n%s%s", code, tc.code, stdout, stderr)
			}
			if slices.Contains([]string{"OtherMerchantID", "NoMerchantID", "OtherCase", "List"}, name) != strings.Contains(stderr, "1 ambiguous") {
				t.Errorf("want it to be ambiguous if the response names others\n%s", stderr)
			}
			if got := byMerchantID(t, report)["m1"]; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			wantNothingPersonal(t, stdout+stderr, filepath.Dir(file))
		})
	}
}

// wantNothingPersonal looks for the data of [everyone] in a text and in the files of a
// folder.
func wantNothingPersonal(t *testing.T, written, folder string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range files {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		written += entry.Name() + string(text)
	}
	if strings.Contains(written, personal) {
		t.Errorf("personal data in:\n%s", written)
	}
}

// Several ids that lead to one customer are one customer.
func TestMerchantIDsOfOneCustomer(t *testing.T) {
	lying(t, 200, "application/json", everyone("c7", "{ID}"))
	file := clitest.WriteFile(t, "own.txt", "m1\nm2\nm3\n")
	expect(t, command.ExitOK, "1 accepted, 0 not found, 0 maybe deleted, 0 invalid, 0 failed, 2 duplicates skipped",
		"3 of 3 found: 2 of those found lead to the same customer as another id.\nErasing 1 customer of account", "--by", "merchant-id", "--file", file)
}

func TestLookUpWithoutReads(t *testing.T) {
	requests := lying(t, 405, "application/json", `{"code":"UNSUPPORTED_METHOD","messages":["no"]}`)
	file := clitest.WriteFile(t, "own.txt", strings.Join(merchantIDs(300), "\n"))
	expect(t, exitFailed, "", "does not retrieve customers", "--by", "merchant-id", "--file", file, "--yes")
	if n := requests.Load(); n > 8 || exists(file+".journal") {
		t.Errorf("sent %d requests", n)
	}
}

// Wrong keys stop looking up, and nobody is erased. The same command goes on with the right
// ones.
func TestLookUpStops(t *testing.T) {
	sb := newYuno(t, 100)
	file := clitest.WriteFile(t, "own.txt", strings.Join(merchantIDs(100), "\n"))
	args := []string{"--by", "merchant-id", "--file", file, "--yes"}
	t.Setenv(client.EnvPrivateSecretKey, "wrong-"+sb.Credentials().PrivateSecretKey)
	expect(t, exitFailed, "", "nobody was erased. The keys are wrong", args...)
	t.Setenv(client.EnvPrivateSecretKey, sb.Credentials().PrivateSecretKey)
	expect(t, command.ExitOK, "100 accepted", "100 of 100 found", append(args, "--resume")...)
}

func TestLookUpInterrupted(t *testing.T) {
	newYuno(t, 30)
	file := clitest.WriteFile(t, "own.txt", strings.Join(merchantIDs(30), "\n"))
	ended, end := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		end()
		<-r.Context().Done()
	}))
	defer server.Close()
	right := os.Getenv(client.EnvAPIEndpoint)
	t.Setenv(client.EnvAPIEndpoint, server.URL+"/v1")
	code, stdout, stderr := clitest.Run(ended, "delete", "--by", "merchant-id", "--file", file, "--yes", "--journal", file+".j")
	if code != command.ExitInterrupted || !strings.Contains(stderr, "30 not looked up, and nobody was erased") {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	t.Setenv(client.EnvAPIEndpoint, right)
	expect(t, command.ExitUsage, "", "belongs to another environment", "--by", "merchant-id", "--file", file, "--yes", "--journal", file+".j")
	expect(t, command.ExitOK, "30 accepted", "", "--by", "merchant-id", "--file", file, "--yes")
}

func TestByMerchantIDUsage(t *testing.T) {
	newYuno(t, 1)
	file := clitest.WriteFile(t, "own.txt", "m1\n")
	for want, args := range map[string][]string{
		"--look-up needs --dry-run":     {"--file", file, "--look-up"},
		"--look-up needs --dry-run and": {"--file", file, "--look-up", "--dry-run"},
		"needs --journal, beside which": {"--file", "-", "--by", "merchant-id", "--look-up", "--dry-run"},
		"--by must be one of":           {"--file", file, "--by", "email"},
		"there is no run to resume":     {"--file", file, "--by", "merchant-id", "--resume"},
		"contains no id":                {"--file", clitest.WriteFile(t, "empty.txt", "\n"), "--by", "merchant-id"},
		"id 2 ":                         {"--by", "merchant-id", "m1", "a\nb"},
	} {
		expect(t, command.ExitUsage, "", want, args...)
	}
}
