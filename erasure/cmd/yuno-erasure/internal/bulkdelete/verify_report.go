package bulkdelete

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// verifiedLine is a line of the report of a verification, in JSONL. The columns in CSV have
// the same names. What begins with verified is of the verification, the rest of the
// deletion.
type verifiedLine struct {
	ID             string         `json:"id"`
	Outcome        bulk.Outcome   `json:"outcome,omitempty"`
	Verified       survey.Outcome `json:"verified,omitempty"`
	VerifiedAt     string         `json:"verified_at,omitempty"` // RFC 3339, UTC, to the second
	VerifiedStatus int            `json:"verified_status,omitempty"`
	VerifiedCode   string         `json:"verified_code,omitempty"`
	Status         int            `json:"status,omitempty"`
	Code           string         `json:"code,omitempty"`
	Attempts       int            `json:"attempts,omitempty"`
	RequestID      string         `json:"request_id,omitempty"`
	Time           string         `json:"time,omitempty"`
	Line           int            `json:"line,omitempty"`
	Reason         string         `json:"reason,omitempty"`

	MerchantCustomerID string `json:"merchant_customer_id,omitempty"`
}

var verifiedColumns = []string{
	"id", "outcome", "verified", "verified_at", "verified_status", "verified_code",
	"status", "code", "attempts", "request_id", "time", "line", "reason", "merchant_customer_id",
}

func (l verifiedLine) cells() []string {
	return []string{
		bulk.SafeCell(l.ID), string(l.Outcome), string(l.Verified), l.VerifiedAt, number(l.VerifiedStatus), bulk.SafeCell(l.VerifiedCode),
		number(l.Status), bulk.SafeCell(l.Code), number(l.Attempts), bulk.SafeCell(l.RequestID), l.Time, number(l.Line), bulk.SafeCell(l.Reason),
		bulk.SafeCell(l.MerchantCustomerID),
	}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// ofErasure returns a line with what the deletion has recorded, if that is known.
func (v *verification) ofErasure(id string, line int, recorded *bulk.Result) verifiedLine {
	if recorded == nil {
		return verifiedLine{ID: id, Line: line}
	}
	r := v.erased.described(*recorded)
	return verifiedLine{
		ID: id, Outcome: r.Outcome, Status: r.Status, Code: r.Code, Attempts: r.Attempts, RequestID: r.RequestID,
		Time: command.FormatTime(r.Time), Line: r.Line, Reason: r.Reason, MerchantCustomerID: r.MerchantID,
	}
}

// openReport opens the report before anybody is asked about.
func (v *verification) openReport() error {
	if v.Report == "" {
		return nil
	}
	r := &report{path: v.Report}
	if r.isPage() {
		return command.NewUsageError("--report "+v.Report+": a verification has no page", "a name that ends in .csv or .jsonl")
	}
	for _, other := range []string{v.erased.name, v.record()} {
		if sameFile(v.Report, other) {
			return command.NewUsageError("--report "+v.Report+" is the journal, the list or the record", "another name")
		}
	}
	err := checkReplaced(v.Report, v.Resume, v.Overwrite)
	if err != nil {
		return err
	}
	if r.file, err = command.CreateFile(v.Report); err != nil {
		return unwritable(v.Report, err)
	}
	v.report = r
	return nil
}

// lines calls yield with every line of the report: first those who were asked about, in the
// order of the responses, and then the others.
func (v *verification) lines(ctx context.Context, yield func(verifiedLine) error) error {
	err := v.survey.Results(ctx, func(r survey.Result) error {
		line := v.ofErasure(r.ID, r.Line, r.Erasure)
		line.Verified, line.VerifiedAt = r.Outcome, command.FormatTime(r.Time)
		line.VerifiedStatus, line.VerifiedCode = r.Status, r.Code
		return yield(line)
	})
	if err != nil {
		return err
	}
	err = v.survey.WithoutResult(ctx, func(r survey.Record) error {
		line := v.ofErasure(r.ID, r.Line, r.Erasure)
		if r.Err != nil {
			line.Outcome, line.Reason = bulk.Invalid, r.Err.Error()
		}
		return yield(line)
	})
	if err != nil {
		return err
	}
	return v.erased.others(ctx, func(r bulk.Result) error { return yield(v.ofErasure(r.ID, r.Line, &r)) })
}

// writeReport writes the report, if there is to be one.
func (v *verification) writeReport(ctx context.Context) error {
	if v.report == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // what an interrupted run has found is worth a report
	out := bufio.NewWriterSize(v.report.file, 64<<10)
	write := v.writeCSV
	if v.report.format() == bulk.ReportJSONL {
		write = v.writeJSONL
	}
	err := write(ctx, out)
	for _, step := range []func() error{out.Flush, v.report.file.Sync, func() error { return v.report.file.Commit(0o600) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return fmt.Errorf("writing the report %s: %w", v.Report, err)
	}
	return nil
}

func (v *verification) writeJSONL(ctx context.Context, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return v.lines(ctx, func(l verifiedLine) error { return enc.Encode(l) })
}

func (v *verification) writeCSV(ctx context.Context, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(verifiedColumns); err != nil {
		return err
	}
	if err := v.lines(ctx, func(l verifiedLine) error { return out.Write(l.cells()) }); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
