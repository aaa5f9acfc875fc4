package bulk

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// ReportLine is one line of a report in JSONL. A report in CSV has columns of the same
// names.
type ReportLine struct {
	ID        string  `json:"id"`
	Outcome   Outcome `json:"outcome"`
	Status    int     `json:"status,omitempty"`
	Code      string  `json:"code,omitempty"`
	Attempts  int     `json:"attempts,omitempty"`
	RequestID string  `json:"request_id,omitempty"`
	Time      string  `json:"time"`             // RFC 3339, UTC, to the second
	Line      int     `json:"line,omitempty"`   // of the list, counts from 1
	Reason    string  `json:"reason,omitempty"` // why the record is invalid; does not repeat it
}

// ReportLine returns the result in the form that reports have.
func (r Result) ReportLine() ReportLine {
	return ReportLine{r.ID, r.Outcome, r.Status, r.Code, r.Attempts, r.RequestID, timeText(r.Time), r.Line, r.Reason}
}

// ReportFormat is the format of a report.
type ReportFormat int

// The formats of reports.
const (
	ReportCSV   ReportFormat = iota // with a header
	ReportJSONL                     // one object per line
)

// WriteReport writes one line per id that has a result, in the order of [Job.Results].
// In CSV, an id that a spreadsheet would read as a formula is written as it is: the
// report is for programs. After [Job.Abort] it returns [ErrAborted].
func (j *Job) WriteReport(w io.Writer, format ReportFormat) error {
	if format == ReportJSONL {
		return j.writeJSONL(w)
	}
	return j.writeCSV(w)
}

func (j *Job) writeJSONL(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return j.untilAborted(func(r Result) error { return enc.Encode(r.ReportLine()) })
}

func (j *Job) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "outcome", "status", "code", "attempts", "request_id", "time", "line", "reason"}); err != nil {
		return err
	}
	err := j.untilAborted(func(r Result) error {
		return out.Write([]string{r.ID, string(r.Outcome), number(r.Status), r.Code, number(r.Attempts), r.RequestID, timeText(r.Time), number(r.Line), r.Reason})
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// untilAborted is Results that ends when Abort is called.
func (j *Job) untilAborted(yield func(Result) error) error {
	if j.hardStop.Err() != nil {
		return ErrAborted
	}
	return j.Results(func(r Result) error {
		if j.hardStop.Err() != nil {
			return ErrAborted
		}
		return yield(r)
	})
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
