package bulkdelete

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// printResult prints the outcome of an id of the command line.
func printResult(w io.Writer, r bulk.Result) {
	text := fmt.Sprintf("%s: %s", idText(r), r.Outcome)
	if r.Status != 0 {
		text += fmt.Sprintf(", status %d", r.Status)
	}
	if r.Code != "" {
		text += ", " + r.Code
	}
	fmt.Fprintln(w, text)
}

// idText returns the id that the list has and, if that is the merchant's, Yuno's.
func idText(r bulk.Result) string {
	switch {
	case r.MerchantID == "":
		return r.ID
	case r.ID == "":
		return r.MerchantID
	}
	return r.MerchantID + " (" + r.ID + ")"
}

// printSummary prints the counts of the outcomes, and of the causes with what to do about
// each. As JSON, it also prints the outcome of each id of the command line, because these
// ids may have no report.
func (d *deletion) printSummary(causes []group) error {
	s := d.summary()
	why := causesText(causes)
	var err error
	if d.JSON {
		fmt.Fprint(d.stderr, why) // for the person who looks at the screen of a script
		err = d.printSummaryJSON(s, causes)
	} else {
		_, err = fmt.Fprint(d.stdout, summaryText(s)+"\n"+why)
	}
	if err != nil {
		return fmt.Errorf("printing the summary: %w", err)
	}
	return nil
}

func (d *deletion) printSummaryJSON(s bulk.Summary, causes []group) error {
	facts := struct {
		bulk.Summary
		Causes  []group           `json:"causes"`
		Results []bulk.ReportLine `json:"results,omitempty"`
	}{Summary: s, Causes: append([]group{}, needAttention(causes)...)}
	if len(d.ID) > 0 {
		var results []bulk.Result
		if err := d.results(d.job.Results, func(r bulk.Result) error { results = append(results, r); return nil }); err != nil {
			return err
		}
		slices.SortFunc(results, func(a, b bulk.Result) int { return cmp.Or(a.Line-b.Line, a.N-b.N) }) // in the order of the command line
		for _, r := range results {
			facts.Results = append(facts.Results, r.ReportLine())
		}
	}
	return command.PrintJSONWithList(d.stdout, facts, "invalid_lines", func(yield func(any) error) error {
		return d.results(d.job.Results, func(r bulk.Result) error {
			if r.Outcome != bulk.Invalid {
				return nil
			}
			return yield(invalidLine{r.Line, r.Reason})
		})
	})
}

func summaryText(s bulk.Summary) string {
	text := fmt.Sprintf("%d accepted, %d not found, %d maybe deleted", s.Accepted, s.NotFound, s.MaybeDeleted)
	if s.Unsettled > 0 {
		text += fmt.Sprintf(" (%d of them with an unknown outcome)", s.Unsettled)
	}
	text += fmt.Sprintf(", %d invalid, %d failed", s.Invalid, s.Failed)
	if s.Duplicates > 0 {
		text += ", " + command.Count(s.Duplicates, "duplicate", "duplicates") + " skipped"
	}
	if s.NotSent > 0 {
		text += fmt.Sprintf(", %d not sent", s.NotSent)
	}
	if s.Unlisted > 0 {
		text += fmt.Sprintf(", %d no longer in the list", s.Unlisted)
	}
	return text
}
