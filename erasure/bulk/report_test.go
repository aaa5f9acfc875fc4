package bulk

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReportDetails(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 0)
	r.text = "c1\nc2\n"
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(content)) { // c2 was under way when it was killed
		if !strings.Contains(line, "outcome") || !strings.Contains(line, "c2") {
			kept = append(kept, line)
		}
	}
	if err := os.WriteFile(r.path, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	job := r.prepare(true)
	var out strings.Builder
	if err := job.WriteReport(&out, ReportJSONL); err != nil || !strings.Contains(out.String(), `{"id":"c2","outcome":"maybe_deleted","code":"no_response"`) {
		t.Errorf("%s, %v", &out, err)
	}
	for _, format := range []ReportFormat{ReportCSV, ReportJSONL} {
		if err := job.WriteReport(errWriter{}, format); err == nil {
			t.Errorf("report %d: no error", format)
		}
	}
	if got := timeText(time.Date(2026, 1, 2, 1, 0, 0, 0, time.FixedZone("", 3600))); got != "2026-01-02T00:00:00Z" {
		t.Errorf("%s is not UTC", got)
	}
}

type errWriter struct{}

func (errWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

// The results of earlier runs follow those of the last one, each in the order in which
// they arrived.
func TestReportOrder(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 4)
	r.options.Concurrency = 1
	r.server.respond = func(id string, n int) Result {
		if n == 1 && (id == "c1" || id == "c3") {
			return Result{Outcome: Failed, Status: 500}
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	for _, resume := range []bool{false, true} {
		if _, err := r.run(t.Context(), resume); err != nil {
			t.Fatal(err)
		}
	}
	job := r.prepare(true)
	var got []string
	if err := job.Results(func(result Result) error { got = append(got, result.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"c1", "c3", "c0", "c2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReportAsJSON(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 2)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	job := r.prepare(true)
	var out bytes.Buffer
	if err := job.WriteReport(&out, ReportJSONL); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	slices.Sort(lines)
	if len(lines) != 2 || !strings.HasPrefix(lines[0], `{"id":"c0","outcome":"accepted","status":202,"attempts":1,"request_id":"r-c0","time":"`) {
		t.Errorf("got %q", lines)
	}
	if _, err := time.Parse(time.RFC3339, strings.TrimSuffix(strings.SplitN(lines[0], `"time":"`, 2)[1], `","line":1}`)); err != nil {
		t.Error(err)
	}
}

// A report says which line an id is in, and why a line has none.
func TestReportNamesLines(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 0)
	r.text = "# list\nc1\nada@example.com\n"
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	job := r.prepare(true)
	var csv, jsonl strings.Builder
	if err := errors.Join(job.WriteReport(&csv, ReportCSV), job.WriteReport(&jsonl, ReportJSONL)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"c1,accepted,", ",2,\n", ",invalid,", ",3,customer id contains '@' at byte 3"} {
		if !strings.Contains(csv.String(), want) {
			t.Errorf("no %q in\n%s", want, &csv)
		}
	}
	for _, want := range []string{`"line":2}`, `"line":3,"reason":"customer id contains '@' at byte 3`} {
		if !strings.Contains(jsonl.String(), want) {
			t.Errorf("no %q in\n%s", want, &jsonl)
		}
	}
}

// A report of a list of the merchant's own ids has both ids.
func TestReportOfMerchantIDs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		format ReportFormat
		want   string
	}{
		{ReportCSV, "id,outcome,status,code,attempts,request_id,time,line,reason,merchant_customer_id\nc1,accepted,202,,,,0001-01-01T00:00:00Z,,,'=m1\n"},
		{ReportJSONL, `{"id":"c1","outcome":"accepted","status":202,"time":"0001-01-01T00:00:00Z","merchant_customer_id":"=m1"}` + "\n"},
	} {
		var out bytes.Buffer
		w := NewReportWriter(&out, tc.format)
		w.MerchantIDs = true
		err := errors.Join(w.Write(Result{ID: "c1", MerchantID: "=m1", Outcome: Accepted, Status: 202}), w.Flush())
		if err != nil || out.String() != tc.want {
			t.Errorf("got  %q, %v\nwant %q", out.String(), err, tc.want)
		}
	}
}
