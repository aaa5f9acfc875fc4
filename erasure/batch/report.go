package batch

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// WriteReport writes a line for each id that has an outcome: CSV with a header, or
// JSONL. An id in CSV that a spreadsheet would take for a formula is written as
// it is: this file is for programs.
func WriteReport(w io.Writer, j *Journal, c *Census, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return j.Results(c, func(r Result) error { return enc.Encode(r) })
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "outcome", "status", "code", "attempts", "request_id", "time"}); err != nil {
		return err
	}
	err := j.Results(c, func(r Result) error {
		return out.Write([]string{
			r.ID, string(r.Outcome), number(r.Status), r.Code, number(r.Attempts), r.RequestID, r.Time.UTC().Format(time.RFC3339),
		})
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
