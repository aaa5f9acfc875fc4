package bulkdelete

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// exitFailed is an exit status beside those of package command: some ids failed, are
// invalid or unsettled, or the run stopped by itself.
const exitFailed = 5

// createReport opens the report before anything is sent: whoever asks for one
// must not find out afterwards that it cannot be written.
func (c *Command) createReport(input *batchInput) (*command.PendingFile, error) {
	if c.Report == "" {
		return nil, nil
	}
	if input.is(c.Report) {
		return nil, command.NewUsageError("--report is the input itself", "another name")
	}
	info, err := os.Stat(c.Report)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, c.unwritable(err)
	case !info.Mode().IsRegular():
		return nil, command.NewUsageError("--report "+c.Report+" is not a regular file", "the name of a file, which is replaced if it is there")
	}
	file, err := command.CreateFile(c.Report)
	if err != nil {
		return nil, c.unwritable(err)
	}
	return file, nil
}

// unwritable names the report as it was given: it is written under another name at
// first.
func (c *Command) unwritable(err error) error {
	return command.NewUsageError("--report "+c.Report+": "+reason(err), "a file that can be written")
}

// writeReport writes the report, if there is to be one.
func (d *deletion) writeReport() error {
	if d.report == nil {
		return nil
	}
	format := bulk.ReportCSV
	if strings.HasSuffix(d.Report, ".jsonl") || strings.HasSuffix(d.Report, ".json") {
		format = bulk.ReportJSONL
	}
	out := bufio.NewWriterSize(d.report, 64<<10)
	err := d.job.WriteReport(out, format)
	for _, step := range []func() error{out.Flush, d.report.Sync, func() error { return d.report.Commit(0o600) }} {
		if err == nil {
			err = step()
		}
	}
	switch {
	case errors.Is(err, bulk.ErrAborted):
		return command.NewExitError(command.ExitInterrupted, "interrupted: the report "+d.Report+" was not written")
	case err != nil:
		return fmt.Errorf("writing the report %s: %w", d.Report, err)
	}
	return nil
}

// printResult says what became of an id of the command line.
func (c *Command) printResult(w io.Writer, r bulk.Result) {
	if len(c.ID) == 0 || c.JSON {
		return
	}
	text := fmt.Sprintf("%s: %s", r.ID, r.Outcome)
	if r.Status != 0 {
		text += fmt.Sprintf(", status %d", r.Status)
	}
	if r.Code != "" {
		text += ", " + r.Code
	}
	fmt.Fprintln(w, text)
}

// printSummary prints what the run came to; for programs with what became of each id
// of the command line, since there is no report to tell.
func (d *deletion) printSummary() error {
	s := d.job.Summary()
	var err error
	if d.JSON {
		err = d.printSummaryJSON(s)
	} else {
		_, err = fmt.Fprintln(d.stdout, summaryText(s))
	}
	if err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

func (d *deletion) printSummaryJSON(s bulk.Summary) error {
	facts := struct {
		bulk.Summary
		Results []bulk.ReportLine `json:"results,omitempty"`
	}{Summary: s}
	if len(d.ID) > 0 {
		var results []bulk.Result
		if err := d.job.Results(func(r bulk.Result) error { results = append(results, r); return nil }); err != nil {
			return err
		}
		slices.SortFunc(results, func(a, b bulk.Result) int { return a.N - b.N }) // as they were named
		for _, r := range results {
			facts.Results = append(facts.Results, r.ReportLine())
		}
	}
	return command.PrintJSON(d.stdout, facts)
}

func summaryText(s bulk.Summary) string {
	text := fmt.Sprintf("%d accepted, %d not found, %d maybe deleted", s.Accepted, s.NotFound, s.MaybeDeleted)
	if s.Unsettled > 0 {
		text += fmt.Sprintf(" (%d of which nobody knows yet)", s.Unsettled)
	}
	text += fmt.Sprintf(", %d invalid, %d failed", s.Invalid, s.Failed)
	switch {
	case s.Duplicates == 1:
		text += ", 1 left out as a duplicate"
	case s.Duplicates > 1:
		text += fmt.Sprintf(", %d left out as duplicates", s.Duplicates)
	}
	if s.NotSent > 0 {
		text += fmt.Sprintf(", %d not sent", s.NotSent)
	}
	return text
}

// conclusion turns what a run came to into an exit status, and into what to do
// next.
type conclusion struct {
	input      *batchInput
	to         *destination
	summary    bulk.Summary
	noSuchPath bool // some were answered 404, and not because there is no such customer
}

// with is the same for a run whose results were lost in part. Whoever cannot read
// them must not be told by the status that they could; an interruption is one in
// any case.
func (c conclusion) with(lost, runErr error) error {
	err := c.of(runErr)
	var exit *command.ExitError
	if lost != nil && errors.As(err, &exit) && exit.Status != command.ExitInterrupted {
		return command.NewExitError(command.ExitFailure, lost.Error()+"\n"+exit.Message)
	}
	return errors.Join(lost, err)
}

func (c conclusion) of(runErr error) error {
	s := c.summary
	var sameOutcome *bulk.SameOutcomeError
	switch {
	case errors.Is(runErr, context.Canceled):
		text := fmt.Sprintf("interrupted: %d not sent", s.NotSent)
		if s.Unsettled > 0 {
			text += fmt.Sprintf(", %d may have been erased", s.Unsettled)
		}
		return command.NewExitError(command.ExitInterrupted, text+c.again("; the same with --resume goes on"))
	case errors.As(runErr, &sameOutcome):
		return command.NewExitError(exitFailed, runErr.Error()+". Stopped; --keep-going would not. "+c.whyTheSame(sameOutcome.Result))
	case errors.Is(runErr, bulk.ErrTooManyFailures):
		return command.NewExitError(exitFailed, runErr.Error()+": stopped"+c.again("; the same with --resume goes on, and tries the failed ones again"))
	case runErr != nil:
		return runErr
	case s.Failed > 0 || s.Unsettled > 0:
		return command.NewExitError(exitFailed, c.toRetry())
	case s.Invalid > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d invalid: mend them, and erase them with a file of their own", s.Invalid))
	case s.NotFound > 0 || s.MaybeDeleted > 0:
		return command.NewExitError(command.ExitNotFound, fmt.Sprintf("%d not found, %d maybe deleted", s.NotFound, s.MaybeDeleted))
	}
	return nil
}

// toRetry counts what another run may settle.
func (c conclusion) toRetry() string {
	s := c.summary
	text := fmt.Sprintf("%d failed, %d invalid", s.Failed, s.Invalid)
	again, asking := c.again("; the same with --resume tries again"), ""
	if s.Unsettled > 0 {
		text += fmt.Sprintf(", %d maybe deleted and nobody knows yet", s.Unsettled)
		if again == "" {
			asking = "; ask for it again: not found then means that it is gone"
		}
	}
	if c.noSuchPath && !strings.HasSuffix(c.to.baseURL, "/v1") {
		again += ". 404 is for a path that is not there: does the base URL " + c.to.baseURL + " lack /v1?"
	}
	return text + again + asking
}

// again is a hint, where there is a journal to go on with.
func (c conclusion) again(hint string) string {
	if !c.input.again {
		return ""
	}
	return hint
}

// whyTheSame returns what may be wrong when ids all have the same outcome, and which
// journal the next run can use: a journal belongs to one account and environment.
func (c conclusion) whyTheSame(r bulk.Result) string {
	switch {
	case r.Status == 400 && r.Outcome == bulk.NotFound:
		return "Wrong account or environment, or ids that are not Yuno's?" + c.again(" Another account or environment needs another --journal; if all is right, the same with --resume --keep-going goes on")
	case r.Status == 400, r.Status == 401, r.Status == 403:
		return "Wrong keys, account or environment?" + c.again(" With other keys the same with --resume goes on; another account or environment needs another --journal")
	}
	if r.Status == 404 && !strings.HasSuffix(c.to.baseURL, "/v1") {
		return "Does the base URL " + c.to.baseURL + " lack /v1?" + c.again(" Another address needs another --journal")
	}
	return "Is " + c.to.baseURL + " right, and up?" + c.again(" If it is, the same with --resume goes on later; another address needs another --journal")
}
