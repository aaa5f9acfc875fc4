package bulk

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// ReportLine is a line of a report in JSONL, with the names of the columns of one
// in CSV.
type ReportLine struct {
	ID        string  `json:"id"`
	Outcome   Outcome `json:"outcome"`
	Status    int     `json:"status,omitempty"`
	Code      string  `json:"code,omitempty"`
	Attempts  int     `json:"attempts,omitempty"`
	RequestID string  `json:"request_id,omitempty"`
	Time      string  `json:"time"`
}

// ReportLine is the result as reports have it.
func (r Result) ReportLine() ReportLine {
	return ReportLine{r.ID, r.Outcome, r.Status, r.Code, r.Attempts, r.RequestID, timeText(r.Time)}
}

// WriteReport writes a line for each id that has a result: CSV with a header, or
// JSONL. An id in CSV that a spreadsheet would take for a formula is written as
// it is: this file is for programs.
func WriteReport(w io.Writer, j *Journal, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return j.Results(func(r Result) error { return enc.Encode(r.ReportLine()) })
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "outcome", "status", "code", "attempts", "request_id", "time"}); err != nil {
		return err
	}
	err := j.Results(func(r Result) error {
		return out.Write([]string{r.ID, string(r.Outcome), number(r.Status), r.Code, number(r.Attempts), r.RequestID, timeText(r.Time)})
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
