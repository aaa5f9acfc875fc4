package bulk

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
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
	// MerchantCustomerID is the merchant's own id, if the list is of these.
	MerchantCustomerID string `json:"merchant_customer_id,omitempty"`
}

// ReportLine returns the result in the form that reports have.
func (r Result) ReportLine() ReportLine {
	return ReportLine{r.ID, r.Outcome, r.Status, r.Code, r.Attempts, r.RequestID, timeText(r.Time), r.Line, r.Reason, r.MerchantID}
}

// ReportFormat is the format of a report.
type ReportFormat int

// The formats of reports.
const (
	ReportCSV   ReportFormat = iota // with a header
	ReportJSONL                     // one object per line
)

// ReportColumns are the columns of a report in CSV, in their order. A report of a list of
// the merchant's own ids has one more, merchant_customer_id.
var ReportColumns = []string{"id", "outcome", "status", "code", "attempts", "request_id", "time", "line", "reason"}

// WriteReport writes one line per id that has a result, in the order of [Job.Results].
// After [Job.Abort] it returns [ErrAborted].
func (j *Job) WriteReport(w io.Writer, format ReportFormat) error {
	report := NewReportWriter(w, format)
	if err := j.ReportResults(report.Write); err != nil {
		return err
	}
	return report.Flush()
}

// ReportResults is [Job.Results] for a report: after [Job.Abort] it returns [ErrAborted],
// also while it is under way.
func (j *Job) ReportResults(yield func(Result) error) error {
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

// ReportWriter writes results as lines of a report. In CSV, texts are those of
// [SafeCell]; in JSONL, they are as they are.
type ReportWriter struct {
	table *csv.Writer // nil for JSONL
	lines *json.Encoder
	begun bool
	// MerchantIDs adds a column for the merchant's own ids in CSV. It is set before the
	// first result is written.
	MerchantIDs bool
}

// NewReportWriter returns a writer of a report, in CSV unless the format is ReportJSONL. The caller must call Flush in the end.
func NewReportWriter(w io.Writer, format ReportFormat) *ReportWriter {
	if format == ReportJSONL {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		return &ReportWriter{lines: lines}
	}
	return &ReportWriter{table: csv.NewWriter(w)}
}

// Write writes a result.
func (w *ReportWriter) Write(r Result) error {
	if w.table == nil {
		return w.lines.Encode(r.ReportLine())
	}
	if err := w.begin(); err != nil {
		return err
	}
	return w.row([]string{
		SafeCell(r.ID), string(r.Outcome), number(r.Status), SafeCell(r.Code), number(r.Attempts),
		SafeCell(r.RequestID), timeText(r.Time), number(r.Line), SafeCell(r.Reason),
	}, SafeCell(r.MerchantID))
}

// row writes a row of the table.
func (w *ReportWriter) row(cells []string, merchantID string) error {
	if w.MerchantIDs {
		cells = append(cells, merchantID)
	}
	return w.table.Write(cells)
}

// begin writes the header, which a report without results has too.
func (w *ReportWriter) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	return w.row(slices.Clone(ReportColumns), "merchant_customer_id")
}

// Flush writes what is buffered.
func (w *ReportWriter) Flush() error {
	if w.table == nil {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.table.Flush()
	return w.table.Error()
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
