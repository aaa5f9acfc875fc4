package bulkdelete_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// exitStillThere is the exit status of verify for customers who are left.
const exitStillThere = 6

// verified runs the verify command and compares its status and parts of its output.
func verified(t *testing.T, code int, stdout, stderr string, args ...string) {
	t.Helper()
	gotCode, gotOut, gotErr := clitest.Run(t.Context(), append([]string{"verify"}, args...)...)
	if gotCode != code || !strings.Contains(gotOut, stdout) || !strings.Contains(gotErr, stderr) {
		t.Errorf("%v: exit status %d\n%s%s\nwant %d, %q and %q", args, gotCode, gotOut, gotErr, code, stdout, stderr)
	}
}

// rows reads a report in CSV and returns its rows by column.
func rows(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cells, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range cells[1:] {
		columns := map[string]string{}
		for i, name := range cells[0] {
			columns[name] = row[i]
		}
		rows = append(rows, columns)
	}
	return rows
}

// table reads a report in CSV and returns one column by id.
func table(t *testing.T, path, column string) map[string]string {
	t.Helper()
	cells := map[string]string{}
	for _, row := range rows(t, path) {
		cells[row["id"]] = row[column]
	}
	return cells
}

// erasedJournal erases c0 to c(n-1) and returns the journal of that.
func erasedJournal(t *testing.T, n int) (journal string) {
	t.Helper()
	file := clitest.WriteFile(t, "ids.txt", strings.Join(ids(n), "\n"))
	expect(t, command.ExitOK, fmt.Sprintf("%d accepted", n), "", "--file", file, "--yes")
	return file + ".journal"
}

func TestVerifyOutcomes(t *testing.T) {
	marked := sandbox.Customer{ID: "c1", MerchantCustomerID: "m1", FirstName: "Marked"}
	for name, tc := range map[string]struct {
		after   func(sb *sandbox.Sandbox) // what happens to c1 after its erasure
		options []sandbox.Option
		code    int
		want    string
		says    string
	}{
		"Gone":       {func(*sandbox.Sandbox) {}, nil, command.ExitOK, "gone", "1 gone, 0 anonymised, 0 still there, 0 unknown"},
		"NotFound":   {func(*sandbox.Sandbox) {}, []sandbox.Option{sandbox.WithNotFoundStatus(404)}, command.ExitOK, "gone", "1 gone"},
		"Anonymised": {func(*sandbox.Sandbox) {}, []sandbox.Option{sandbox.WithAnonymisation("***")}, command.ExitOK, "anonymised", "0 gone, 1 anonymised"},
		"StillThere": {
			func(sb *sandbox.Sandbox) { sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.Stale}) }, nil,
			exitStillThere, "still_there", "0 gone, 0 anonymised, 1 still there",
		},
		"Unknown": {
			func(sb *sandbox.Sandbox) { sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.HTML, Status: 200}) },
			[]sandbox.Option{sandbox.WithAnonymisation("")}, exitFailed, "unknown", "0 still there, 1 unknown",
		},
	} {
		t.Run(name, func(t *testing.T) {
			sb := pointAt(t, sandbox.New(t, append(tc.options, sandbox.WithCustomer(marked))...))
			file := clitest.WriteFile(t, "ids.txt", "c1\n")
			expect(t, command.ExitOK, "1 accepted", "", "--file", file)
			tc.after(sb)
			report := filepath.Join(t.TempDir(), "verified.csv")
			verified(t, tc.code, tc.says, "", "--journal", file+".journal", "--report", report)
			if got := table(t, report, "verified")["c1"]; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if got := table(t, report, "outcome")["c1"]; got != "accepted" {
				t.Errorf("got outcome %q of the deletion", got)
			}
			if at, err := time.Parse(time.RFC3339, table(t, report, "verified_at")["c1"]); err != nil || at.IsZero() {
				t.Errorf("verified at: %v", err)
			}
		})
	}
}

// Who was not erased is not asked about, and stays in the report.
func TestVerifyMixedJournal(t *testing.T) {
	sb := newYuno(t, 2)
	if err := sb.AddCustomer(sb.Credentials().AccountCode, sandbox.Customer{ID: "c2", FirstName: "Ada"}); err != nil {
		t.Fatal(err)
	}
	sb.FailCustomer("c1", sandbox.Fault{Kind: sandbox.HTML, Status: 400})
	file := clitest.WriteFile(t, "ids.txt", "c0\nc1\nnobody\n../x\nc2\n")
	expect(t, exitFailed, "2 accepted, 1 not found, 0 maybe deleted, 1 invalid, 1 failed", "", "--file", file)
	sb.FailCustomer("c2", sandbox.Fault{Kind: sandbox.Stale})
	report := filepath.Join(t.TempDir(), "verified.jsonl")
	verified(t, exitStillThere, "1 gone, 0 anonymised, 1 still there, 0 unknown, 3 not erased", "1 still there",
		"--journal", file+".journal", "--report", report)
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		var fields struct{ ID, Outcome, Verified string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		got[fields.ID] = strings.TrimSuffix(fields.Outcome+" "+fields.Verified, " ")
	}
	want := map[string]string{"c0": "accepted gone", "c1": "failed", "nobody": "not_found", "": "invalid", "c2": "accepted still_there"}
	for id, outcome := range want {
		if got[id] != outcome {
			t.Errorf("%s: got %q, want %q", id, got[id], outcome)
		}
	}
	// Only who is still there is asked about again.
	verified(t, command.ExitUsage, "", "already exists", "--journal", file+".journal")
	verified(t, exitStillThere, "1 gone, 0 anonymised, 1 still there", "Asking about 1 customer of", "--journal", file+".journal", "--resume")
}

func TestVerifyAfter(t *testing.T) {
	newYuno(t, 2)
	journal := erasedJournal(t, 2)
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	// c0 was accepted two days ago.
	lines := strings.SplitAfter(string(text), "\n")
	for i, line := range lines {
		if strings.Contains(line, `"id":"c0"`) {
			before, _, _ := strings.Cut(line, `"time":"`)
			lines[i] = before + `"time":"` + time.Now().UTC().Add(-48*time.Hour).Format(time.RFC3339) + "\"}\n"
		}
	}
	if err := os.WriteFile(journal, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "verified.csv")
	verified(t, exitFailed, "1 gone, 0 anonymised, 0 still there, 0 unknown, 1 too young", "1 too young for --after 24h\nVerify them later with: yuno-erasure verify --journal "+journal+" --after 24h --report "+report+" --resume",
		"--journal", journal, "--after", "24h", "--report", report)
	if got := table(t, report, "verified"); got["c0"] != "gone" || got["c1"] != "" || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	verified(t, command.ExitOK, "2 gone", "Asking about 1 customer of account", "--journal", journal, "--resume")
}

// lying starts a server with one response to every retrieval, and points the environment
// at it.
func lying(t *testing.T, status int, contentType, body string) (requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		requests.Add(1)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		asked := r.URL.Query().Get("merchant_customer_id") + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/v1/customers"), "/")
		_, _ = w.Write([]byte(strings.ReplaceAll(body, "{ID}", asked)))
	}))
	t.Cleanup(server.Close)
	creds := sandbox.New(t, sandbox.WithoutListener()).Credentials()
	t.Setenv(client.EnvAccountCode, creds.AccountCode)
	t.Setenv(client.EnvPublicAPIKey, creds.PublicAPIKey)
	t.Setenv(client.EnvPrivateSecretKey, creds.PrivateSecretKey)
	t.Setenv(client.EnvAPIEndpoint, server.URL+"/v1")
	return requests
}

// personal is what no output may contain: a part of every field of a customer of everyone.
const personal = "MARKED"

// everyone is a customer with a marked value in every field but the ids.
func everyone(id, merchantID string) string {
	address := `{"address_line_1":"MARKED","address_line_2":"MARKED","city":"MARKED","country":"MARKED","state":"MARKED","zip_code":"MARKED","neighborhood":"MARKED"}`
	return `{"id":"` + id + `","merchant_customer_id":"` + merchantID + `","first_name":"MARKED","last_name":"MARKED","gender":"MARKED",` +
		`"date_of_birth":"MARKED","email":"MARKED@example.com","nationality":"MARKED","country":"MARKED",` +
		`"document":{"document_type":"MARKED","document_number":"MARKED"},"phone":{"country_code":"MARKED","number":"MARKED"},` +
		`"billing_address":` + address + `,"shipping_address":` + address + `,"metadata":[{"key":"MARKED","value":"MARKED"}],` +
		`"created_at":"MARKED","updated_at":"MARKED","merchant_customer_created_at":"MARKED"}`
}

// Every response has one meaning, and none of what it says of a customer is written down.
func TestVerifyResponses(t *testing.T) {
	for name, tc := range map[string]struct {
		status     int
		kind, body string
		want, code string
	}{
		"StillThere":    {200, "application/json", everyone("{ID}", "m"), "still_there", ""},
		"OtherCustomer": {200, "application/json", everyone("other", "m"), "unknown", "other_customer"},
		"List":          {200, "application/json", "[" + everyone("{ID}", "m") + "]", "unknown", "other_customer"},
		"OtherTypes":    {200, "application/json", strings.Replace(everyone("{ID}", "m"), `"MARKED"`, `["MARKED"]`, 1), "unknown", "unexpected_body"},
		"HTML":          {200, "text/html", "<html>MARKED</html>", "unknown", "unexpected_body"},
		"Gone400":       {400, "application/json", `{"code":"CUSTOMER_NOT_FOUND","messages":["MARKED"]}`, "gone", "CUSTOMER_NOT_FOUND"},
		"Gone404":       {404, "application/json", `{"code":"NOT_FOUND","messages":["MARKED"]}`, "gone", "NOT_FOUND"},
		"WrongAddress":  {404, "application/json", "", "unknown", ""},
		"Route":         {404, "application/json", `{"message":"MARKED"}`, "unknown", ""},
		"Keys":          {401, "application/json", `{"code":"INVALID_CREDENTIALS","messages":["MARKED"]}`, "unknown", "INVALID_CREDENTIALS"},
		"PersonalCode":  {400, "application/json", `{"code":"MARKED of {ID}","messages":["MARKED"]}`, "unknown", ""},
		"Redirect":      {302, "text/html", "MARKED", "unknown", ""},
		"Accepted":      {202, "application/json", everyone("{ID}", "m"), "unknown", ""},
	} {
		t.Run(name, func(t *testing.T) {
			lying(t, tc.status, tc.kind, tc.body)
			journal := erasedJournal(t, 1)
			for _, report := range []string{"verified.csv", "verified.jsonl"} {
				report = filepath.Join(t.TempDir(), report)
				code, stdout, stderr := clitest.Run(t.Context(), "verify", "--journal", journal, "--report", report, "--record", report+".record", "--json")
				want := map[string]int{"still_there": exitStillThere, "unknown": exitFailed, "gone": command.ExitOK}[tc.want]
				if code != want || !strings.Contains(stdout, `"`+tc.want+`": 1`) {
					t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
				}
				written := stdout + stderr
				for _, path := range []string{journal, report, report + ".record"} {
					text, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					written += string(text)
				}
				if strings.Contains(written, personal) {
					t.Errorf("personal data in:\n%s", written)
				}
				if strings.HasSuffix(report, ".csv") {
					if got := table(t, report, "verified_code")["c0"]; got != tc.code {
						t.Errorf("got code %q, want %q", got, tc.code)
					}
				}
			}
		})
	}
}

// A service that retrieves nobody says so once.
func TestVerifyWithoutReads(t *testing.T) {
	for _, status := range []int{405, 501} {
		requests := lying(t, status, "application/json", `{"code":"UNSUPPORTED_METHOD","messages":["no"]}`)
		journal := erasedJournal(t, 300)
		verified(t, exitFailed, "300 not asked about", "does not retrieve customers", "--journal", journal)
		if n := requests.Load(); n > 8 {
			t.Errorf("%d: sent %d requests", status, n)
		}
	}
}

// Wrong keys stop the run, which goes on with the right ones.
func TestVerifyStops(t *testing.T) {
	sb := newYuno(t, 100)
	journal := erasedJournal(t, 100)
	t.Setenv(client.EnvPrivateSecretKey, "wrong-"+sb.Credentials().PrivateSecretKey)
	verified(t, exitFailed, "not asked about", "The keys are wrong", "--journal", journal)
	t.Setenv(client.EnvPrivateSecretKey, sb.Credentials().PrivateSecretKey)
	verified(t, command.ExitOK, "100 gone, 0 anonymised, 0 still there, 0 unknown", "", "--journal", journal, "--resume")
}

// With the keys of another account or at another service, everybody would be gone.
func TestVerifyElsewhere(t *testing.T) {
	sb := newYuno(t, 1)
	journal := erasedJournal(t, 1)
	t.Setenv(client.EnvAccountCode, sb.AddAccount().AccountCode)
	verified(t, command.ExitUsage, "", "belongs to another account", "--journal", journal)
	newYuno(t, 1)
	t.Setenv(client.EnvAccountCode, sb.Credentials().AccountCode)
	verified(t, command.ExitUsage, "", "belongs to another environment", "--journal", journal)
}

// Overload is waited out as it is by a deletion.
func TestVerifyOverload(t *testing.T) {
	sb := newYuno(t, 30)
	journal := erasedJournal(t, 30)
	sb.FailNext(sandbox.Fault{Kind: sandbox.TooManyRequests, RetryAfter: time.Second}.Times(4)...)
	verified(t, command.ExitOK, "30 gone", "", "--journal", journal)
}

func TestVerifyInterrupted(t *testing.T) {
	newYuno(t, 30)
	journal := erasedJournal(t, 30)
	ended, end := context.WithCancel(t.Context())
	end()
	code, stdout, stderr := clitest.Run(ended, "verify", "--journal", journal)
	if code != command.ExitInterrupted {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
	verified(t, command.ExitOK, "30 gone", "", "--journal", journal)
}

func TestVerifyUsage(t *testing.T) {
	newYuno(t, 1)
	missing := filepath.Join(t.TempDir(), "journal")
	journal := erasedJournal(t, 1)
	for want, args := range map[string][]string{
		"has no page":              {"--journal", journal, "--report", filepath.Join(t.TempDir(), "verified.html")},
		"is the journal":           {"--journal", journal, "--report", journal},
		"want --journal":           {},
		"or --file":                {"--journal", journal, "--file", journal},
		"--after needs --journal":  {"--file", journal, "--after", "1h"},
		"need --file":              {"--journal", journal, "--column", "id"},
		"the list is read more":    {"--file", "-"},
		"contains no id":           {"--file", clitest.WriteFile(t, "empty.txt", "")},
		"does not exist":           {"--journal", missing},
		"--after wants 0, or":      {"--journal", missing, "--after=-1s"},
		"--record wants a value":   {"--journal", missing, "--record", ""},
		"--concurrency wants 1 to": {"--journal", missing, "--concurrency", "0"},
		"is not a journal of this": {"--journal", clitest.WriteFile(t, "ids.txt", "c0\n")},
		"--rate wants 0, or":       {"--journal", missing, "--rate", "-1"},
	} {
		verified(t, command.ExitUsage, "", want, args...)
	}
}

// Without a journal, verify asks about everybody in a list.
func TestVerifyFile(t *testing.T) {
	sb := newYuno(t, 1)
	if err := sb.AddCustomer(sb.Credentials().AccountCode, sandbox.Customer{ID: "c7", FirstName: "Ada"}); err != nil {
		t.Fatal(err)
	}
	file := clitest.WriteFile(t, "ids.csv", "name;customer_id\nA;c0\nB;c7\nC;nobody\nD;NULL\nE;c7\n")
	report := filepath.Join(t.TempDir(), "verified.csv")
	verified(t, exitStillThere, "1 gone, 1 anonymised, 1 still there, 0 unknown, 1 invalid, 1 listed again", "",
		"--file", file, "--column", "customer_id", "--report", report)
	got := table(t, report, "verified")
	if got["c0"] != "anonymised" || got["c7"] != "still_there" || got["nobody"] != "gone" || len(got) != 4 {
		t.Errorf("got %v", got)
	}
	if lines := table(t, report, "line"); lines["c7"] != "3" || lines[""] != "5" {
		t.Errorf("got lines %v", lines)
	}
	if outcomes := table(t, report, "outcome"); outcomes["c7"] != "" || outcomes[""] != "invalid" {
		t.Errorf("got outcomes %v", outcomes)
	}
	verified(t, exitStillThere, "1 still there", "Asking about 1 customer", "--file", file, "--resume")
}
