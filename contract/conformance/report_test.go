package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

var sample = Report{
	Strict:      true,
	Started:     time.Date(2026, 11, 26, 6, 30, 0, 0, time.UTC),
	MinCoverage: 0.6,
	Results: []Result{
		{Name: "accepted", Why: "erasing a customer is what the call is for", Outcome: Passed, Duration: 3 * time.Millisecond},
		{Name: "not-found", Why: "a customer that does not exist gets 400", Outcome: Failed, Duration: 2 * time.Millisecond, Violations: []contract.Violation{
			{Operation: "delete-customer", Place: "response status", Rule: contract.RuleStatus, Found: "404", Expected: "202 or 400"},
			{Operation: "delete-customer", Place: "response header Content-Type", Rule: contract.RuleContentType, Found: "text/html", Expected: "application/json"},
		}, Sent: 3, Variables: []Variable{{"CUSTOMER_ID", "the id of a customer that may be erased; in this run line 3 of expendable.txt"}}, Requests: []Request{
			{N: 1, Status: 202, Curl: `: "${CUSTOMER_ID:?}" && curl -X DELETE "https://host/v1/customers/$CUSTOMER_ID"`, Erases: true},
			{N: 2, Status: 404, Broke: []contract.Rule{contract.RuleStatus, contract.RuleContentType}, Together: 50, Curl: "curl -X DELETE https://host/v1/customers/1"},
			{N: 3, Missing: "a timeout", Broke: []contract.Rule{contract.RuleNoResponse}, WhyNot: "its body is too long for a command"},
		}},
		{Name: "http2-accepted", Why: "a server that speaks HTTP/2", Outcome: Skipped, Reason: "needs a target that can be asked for HTTP/2"},
		{Name: "request-id", Why: "support finds a request by its id", Outcome: Accepted, Reason: "the gateway drops <it>", Violations: []contract.Violation{
			{Operation: "delete-customer", Place: "response header X-Request-Id", Rule: RuleCaseRequestID, Found: "no header", Expected: "an id"},
		}},
		{Name: "id-longest", Why: "64 characters are a valid id", Outcome: Fixed, Reason: "passes; remove it from the baseline"},
	},
	Coverage: contract.Coverage{Responses: []contract.CoveredResponse{
		{Operation: "delete-customer", Method: "DELETE", Path: "/customers/{customer_id}", Status: 202, Seen: 8},
		{Operation: "delete-customer", Method: "DELETE", Path: "/customers/{customer_id}", Status: 400, MediaType: "application/json"},
	}},
}

func TestReportFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file  string
		write func(Report, *bytes.Buffer) error
	}{
		{"report.txt", func(r Report, b *bytes.Buffer) error { return r.WriteTable(b) }},
		{"report.json", func(r Report, b *bytes.Buffer) error { return r.WriteJSON(b) }},
		{"report.xml", func(r Report, b *bytes.Buffer) error { return r.WriteJUnit(b) }},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := tt.write(sample, &b); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", tt.file)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s\nto accept: UPDATE_GOLDEN=1 go test ./contract/conformance -run %s", b.Bytes(), want, t.Name())
			}
		})
	}
}

func TestReportIsReadBack(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		OK bool
		Report
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.OK || fmt.Sprint(got.Report) != fmt.Sprint(sample) {
		t.Errorf("got %+v, want %+v", got, sample)
	}
	b.Reset()
	if err := sample.WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var suite junitSuite
	if err := xml.Unmarshal(b.Bytes(), &suite); err != nil {
		t.Fatal(err)
	}
	// The coverage counts as a case.
	if suite.Tests != 6 || suite.Failures != 3 || suite.Skipped != 2 || len(suite.Cases) != 6 {
		t.Errorf("got %d tests, %d failures, %d skipped", suite.Tests, suite.Failures, suite.Skipped)
	}
}

func TestReportOK(t *testing.T) {
	t.Parallel()
	seen := contract.Coverage{Responses: []contract.CoveredResponse{{Seen: 1}, {}}}
	of := func(outcomes ...Outcome) (r Report) {
		r.Coverage = seen
		for _, o := range outcomes {
			r.Results = append(r.Results, Result{Name: "not-found", Outcome: o})
		}
		return r
	}
	erased := func(r Report) Report {
		r.Results = append(r.Results, Result{Name: "accepted", Outcome: Passed})
		return r
	}
	demanding := erased(of(Passed))
	demanding.MinCoverage = 0.51
	demanding.Hint = "check the keys"
	without := of(Passed)
	without.WithoutCustomers = true
	nothing := of(Skipped)
	nothing.WithoutCustomers = true
	attempted := of(Passed)
	attempted.Results = append(attempted.Results, Result{Name: "accepted", Outcome: Failed})
	for _, tt := range []struct {
		name   string
		report Report
		want   string
	}{
		{"Passed", erased(of(Passed, Skipped, Accepted)), ""},
		{"Failed", erased(of(Passed, Failed)), "cases failed: 1"},
		{"Fixed", erased(of(Passed, Fixed)), "cases passed that the baseline lists: 1"},
		{"NoneErased", of(Passed, Skipped), "no case passed that erases a customer"},
		{"ErasingFailed", attempted, "cases failed: 1; no case passed that erases a customer"},
		{"NoneErasedOnPurpose", without, ""},
		{"NothingPassed", nothing, "no case passed"},
		{"Empty", Report{Coverage: seen}, "no case passed that erases a customer"},
		{"TooLittleSeen", demanding, "50% of the documented responses seen, want 51%; check the keys"},
	} {
		got := ""
		if err := tt.report.Err(); err != nil {
			got = err.Error()
		}
		if got != tt.want || tt.report.OK() != (tt.want == "") {
			t.Errorf("%s: got %q and OK %v, want %q", tt.name, got, tt.report.OK(), tt.want)
		}
	}
}

// CI systems read only the cases.
func TestJUnitWithoutCustomers(t *testing.T) {
	t.Parallel()
	target := newReference().target()
	target.NewCustomer = nil
	for want, opts := range map[int][]RunOption{1: nil, 0: {WithoutCustomers()}} {
		report := mustRun(t, target, opts...)
		if report.OK() != (want == 0) {
			t.Errorf("OK %v: %v", report.OK(), report.Err())
		}
		var b bytes.Buffer
		if err := report.WriteJUnit(&b); err != nil {
			t.Fatal(err)
		}
		var suite junitSuite
		if err := xml.Unmarshal(b.Bytes(), &suite); err != nil {
			t.Fatal(err)
		}
		if suite.Failures != want {
			t.Errorf("%d failures, want %d", suite.Failures, want)
		}
	}
}

type brokenDisk struct{}

func (brokenDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestReportReturnsWriteErrors(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"table": sample.WriteTable(brokenDisk{}), "JSON": sample.WriteJSON(brokenDisk{}), "JUnit": sample.WriteJUnit(brokenDisk{}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The server echoes the whole request wherever it can.
func TestReportContainsNoSecrets(t *testing.T) {
	t.Parallel()
	ref := newReference()
	changeResponse(echoRequest)(ref)
	target := ref.target()
	create, ids := target.NewCustomer, []string(nil)
	target.NewCustomer = func(ctx context.Context) (string, error) {
		id, err := create(ctx)
		ids = append(ids, id)
		return id, err
	}
	report := mustRun(t, target)
	if report.Count(Failed) < 20 {
		t.Errorf("%d cases failed, want most", report.Count(Failed))
	}
	var b bytes.Buffer
	for _, err := range []error{report.WriteTable(&b), report.WriteJSON(&b), report.WriteJUnit(&b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) == 0 {
		t.Fatal("no customer was used")
	}
	for _, secret := range append(ids, first.AccountCode, first.PublicAPIKey, first.PrivateSecretKey, second.AccountCode, second.PublicAPIKey, second.PrivateSecretKey) {
		if strings.Contains(b.String(), secret) {
			t.Error("the report contains a key, an account code or a customer id")
		}
	}
}

// The server shows every customer's data wherever it can, also after a deletion.
func TestReportContainsNoPersonalData(t *testing.T) {
	t.Parallel()
	ref := newReadingReference()
	leave(func(object map[string]any) map[string]any {
		object[object["email"].(string)] = object["email"]
		return object
	})(ref)
	everyone := ""
	changeResponse(func(_ *http.Request, res *rawResponse) {
		res.header.Set("X-Request-Id", everyone)
		if res.status >= 400 {
			res.body = `{"code":"` + everyone + `","messages":["` + everyone + `"]}`
		}
	})(ref)
	target := ref.target()
	create, ids := target.NewCustomer, []string(nil)
	target.NewCustomer = func(ctx context.Context) (string, error) {
		id, err := create(ctx)
		ids = append(ids, id)
		everyone = person(id)["email"].(string)
		return id, err
	}
	report := mustRun(t, target, withFastClock())
	if r := resultOf(t, report, byID+"-after-delete"); r.Outcome != Failed {
		t.Errorf("the wrong server passed: %s %s", r.Outcome, r.Reason)
	}
	var b bytes.Buffer
	for _, err := range []error{report.WriteTable(&b), report.WriteJSON(&b), report.WriteJUnit(&b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids {
		for _, personal := range []string{id, person(id)["email"].(string), person(id)["merchant_customer_id"].(string)} {
			if strings.Contains(b.String(), personal) {
				t.Errorf("the report contains personal data: %s", personal)
			}
		}
	}
}

func echoRequest(r *http.Request, res *rawResponse) {
	everything := []string{r.URL.Path}
	for _, values := range r.Header {
		everything = append(everything, values...)
	}
	text := strings.Join(everything, " ")
	res.header.Set("Content-Type", "application/"+text)
	res.header.Set("Allow", text)
	res.header.Set("X-Request-Id", text)
	res.body = fmt.Sprintf(`{"code":%q,%q:%q,%q:1,"messages":[%q]}`, text, text, text, text, text)
}

func TestTableGathersSkippedCases(t *testing.T) {
	t.Parallel()
	const why, other = unservedPrefix + "x: a probe got status 405", unservedPrefix + "y: a probe got status 404"
	var b bytes.Buffer
	r := Report{Results: []Result{
		{Name: "x-1", Outcome: Skipped, Reason: why}, {Name: "accepted", Outcome: Passed}, {Name: "x-2", Outcome: Skipped, Reason: why},
		{Name: "y-1", Outcome: Skipped, Reason: other}, {Name: "z", Outcome: Skipped, Reason: "skipped by name"}, {Name: "z-2", Outcome: Skipped, Reason: "skipped by name"},
	}}
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	const want = "skipped   2 cases: " + why + "\nskipped   y-1: " + other + "\nskipped   2 cases: skipped by name\npassed    accepted\n"
	if !strings.HasPrefix(b.String(), want) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", b.String(), want)
	}
	b.Reset()
	if err := r.WriteDetails(&b); err != nil {
		t.Fatal(err)
	}
	const details = "skipped   x-1: " + why + "\nskipped   x-2: " + why + "\nskipped   y-1: " + other + "\nskipped   z: skipped by name\nskipped   z-2: skipped by name\npassed    accepted\n"
	if !strings.HasPrefix(b.String(), details) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", b.String(), details)
	}
}
