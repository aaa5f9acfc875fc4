package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// deletion is one call of the delete command. Its steps are scan, then dryRun, or
// prepare, confirm, run and finish; and close in any case.
type deletion struct {
	*Command
	pace   *bulk.Pace
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	to    *destination // set by scan, as are input and list
	input *batchInput
	list  *bulk.List

	report *command.PendingFile // set by prepare, as is job; nil without --report
	job    *bulk.Job

	lines      *command.TrackedWriter // set by run: the results that were printed
	noSuchPath bool                   // some responses were 404, and not because the customer does not exist
}

// scan reads and checks everything that the command was called with.
func (d *deletion) scan(ctx context.Context) (err error) {
	limitGarbage(0)
	if d.to, err = d.destination(d.pace); err != nil {
		return err
	}
	if d.input, err = d.openInput(ctx, d.stdin); err != nil {
		return err
	}
	if d.list, err = d.input.scan(ctx, bulk.Format{Column: d.Column, Field: d.Field}); err != nil {
		return err
	}
	limitGarbage(d.list.Records)
	printProblems(d.stderr, d.input.name, d.list)
	return nil
}

// prepare opens everything that the run writes to.
func (d *deletion) prepare(ctx context.Context) (err error) {
	if d.report, err = d.createReport(d.input); err != nil {
		return err
	}
	o := d.options()
	if d.input.is(o.Journal) {
		return command.NewUsageError("--journal is the input itself", "another name")
	}
	if d.job, err = bulk.Prepare(ctx, d.list, o); err != nil {
		return journalMistake(err)
	}
	if d.File == "-" && !d.input.is(d.Journal+".input") {
		return fmt.Errorf("the copy of standard input, %s.input, was replaced by another run: nothing was sent", d.Journal)
	}
	if d.Report != "" && sameFile(d.Report, o.Journal) {
		return command.NewUsageError("--report is the journal", "another name")
	}
	return nil
}

func (d *deletion) options() bulk.Options {
	return bulk.Options{
		Journal: cmp.Or(d.Journal, d.input.journalPath), Resume: d.Resume,
		AccountCode: d.to.account, BaseURL: d.to.baseURL,
	}
}

// run sends the ids that remain. Its error says why it stopped early.
func (d *deletion) run(ctx context.Context) error {
	bar := newBatchProgress(d.stderr, d.job.Remaining(), d.Quiet, d.pace)
	defer bar.clear()
	defer bar.untilInterrupted(ctx)()
	d.lines = &command.TrackedWriter{W: d.stdout}
	return d.job.Run(ctx, eraser(ctx, d.to.client, d.pace), bulk.RunOptions{
		Concurrency: int(d.Concurrency), MaxFailures: int(d.MaxFailures), KeepGoing: d.KeepGoing, Wait: d.pace.Wait,
		Observe: func(r bulk.Result) {
			bar.observe(r)
			d.printResult(d.lines, r)
			d.noSuchPath = d.noSuchPath || r.Outcome == bulk.Failed && r.Status == http.StatusNotFound
		},
	})
}

// finish reports what the run has done. A report, summary or journal that could not be
// written is an error, whatever the outcome.
func (d *deletion) finish(runErr error) error {
	reportErr := d.writeReport()
	summaryErr := d.printSummary()
	linesErr := d.lines.Err
	if linesErr != nil {
		linesErr = fmt.Errorf("writing what became of the ids: %w", linesErr)
	}
	lost := errors.Join(linesErr, reportErr, d.job.Close(), summaryErr)
	return conclusion{d.input, d.to, d.job.Summary(), d.noSuchPath}.with(lost, runErr)
}

// close closes what was opened, and removes what was not finished. The input comes
// last: its copy of standard input is kept if there is a journal.
func (d *deletion) close() (err error) {
	if d.job != nil {
		err = d.job.Close()
	}
	d.report.Discard()
	if d.input != nil {
		d.input.close()
	}
	return err
}

// journalMistake turns the rejection of a journal into a mistake in how the command was
// called: nothing was sent.
func journalMistake(err error) error {
	var rejected *bulk.JournalError
	if errors.As(err, &rejected) {
		return command.NewUsageError(err.Error(), rejected.Hint)
	}
	return err
}

// sameFile reports whether two names are of one existing file.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
