package bulk

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestReportDetails(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 0)
	r.text = "a&b\nc2\n"
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
	if err := job.WriteReport(&out, ReportJSONL); err != nil || !strings.Contains(out.String(), `"a&b"`) ||
		!strings.Contains(out.String(), `{"id":"c2","outcome":"maybe_deleted","code":"no_answer"`) {
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
