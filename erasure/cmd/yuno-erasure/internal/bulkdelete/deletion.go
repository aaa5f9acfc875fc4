package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// deletion is one call of the delete command. Its steps are scan, then either dryRun or
// prepare, confirm, run and finish. The last step is always close.
type deletion struct {
	*Command
	pace   *bulk.Pace
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	// Set by scan.
	to    *destination
	input *input
	look  *lookup    // nil if the ids are Yuno's
	list  *bulk.List // set by lookUp if the ids are the merchant's

	// Set by prepare.
	reports []*report
	job     *bulk.Job

	// Set by run.
	printed *command.TrackedWriter // the results that were printed
}

// scan reads and checks everything that the command was called with.
func (d *deletion) scan(ctx context.Context) (err error) {
	limitGarbage(0, true)
	if d.to, err = d.destination(d.pace); err != nil {
		return err
	}
	if d.input, err = d.openInput(ctx, d.stdin); err != nil {
		return err
	}
	d.input.resume = d.resumeCommand()
	if d.byMerchantID() {
		return d.scanMerchantIDs(ctx)
	}
	if d.list, err = d.input.scan(ctx, d.format()); err != nil {
		return err
	}
	limitGarbage(d.list.Records, d.list.Reading.Sheet != "")
	d.printProblems(d.list.Problems, d.list.Invalid)
	return nil
}

// printProblems prints which lines contain no valid id. It does not repeat the lines.
func (d *deletion) printProblems(first []bulk.Record, all int) {
	for _, p := range first {
		fmt.Fprintf(d.stderr, "%s:%d: %v\n", d.input.name, p.Line, p.Err)
	}
	if more := all - len(first); more > 0 {
		where := "in the report, line by line (--report FILE)"
		if d.DryRun {
			where = "in the report of a run, line by line (--report FILE), or here with --json"
		}
		fmt.Fprintf(d.stderr, "%s: and %d more: %s\n", d.input.name, more, where)
	}
}

// prepare opens everything that the run writes to.
func (d *deletion) prepare(ctx context.Context) (err error) {
	if d.reports == nil { // looking up has opened them before
		if d.reports, err = d.createReports(d.input); err != nil {
			return err
		}
	}
	o := d.options()
	if d.input.is(o.Journal) {
		return command.NewUsageError("--journal is the input itself", "another name")
	}
	if d.job, err = bulk.Prepare(ctx, d.list, o); err != nil {
		return journalError(err)
	}
	if d.File == "-" && !d.input.is(d.Journal+".input") {
		return fmt.Errorf("the copy of standard input, %s.input, was replaced by another run: nothing was sent", d.Journal)
	}
	for _, r := range d.reports {
		if sameFile(r.path, o.Journal) {
			return command.NewUsageError("--report is the journal", "another name")
		}
	}
	return nil
}

func (d *deletion) options() bulk.Options {
	journal := cmp.Or(d.Journal, d.input.journalPath)
	return bulk.Options{
		// A run by merchant ids may have ended while it looked them up, and before it had a
		// journal.
		Journal: journal, Resume: d.Resume && (d.look == nil || exists(journal)),
		AccountCode: d.to.account, BaseURL: d.to.baseURL,
	}
}

// run sends the ids that remain. Its error says why it stopped early.
func (d *deletion) run(ctx context.Context) error {
	p := newProgress(d.stderr, d.job.Remaining(), d.Quiet, d.pace, d.to.hintFor)
	defer p.stop()
	defer p.noticeInterrupt(ctx)()
	d.printed = &command.TrackedWriter{W: d.stdout}
	d.printUnresolved(ctx)
	return d.job.Run(ctx, eraser(ctx, d.to.client, d.pace), bulk.RunOptions{
		Concurrency: int(d.Concurrency), MaxFailures: int(d.MaxFailures), KeepGoing: d.KeepGoing, GiveUpAfter: d.GiveUpAfter,
		Wait: d.pace.Wait, Waiting: p.waiting,
		Observe: func(r bulk.Result) {
			p.observe(r)
			if len(d.ID) > 0 && !d.JSON {
				p.above(func() { printResult(d.printed, d.described(r)) })
			}
		},
	})
}

// finish reports what the run has done. A report, summary or journal that could not be
// written is an error, whatever the outcome.
func (d *deletion) finish(runErr error) error {
	causes, reportErr := d.writeReports()
	summaryErr := d.printSummary(causes)
	d.printNews()
	printErr := d.printed.Err
	if printErr != nil {
		printErr = fmt.Errorf("printing the outcomes: %w", printErr)
	}
	lost := errors.Join(printErr, reportErr, d.job.Close(), summaryErr)
	return ending{d.input, d.to, d.summary()}.withLost(lost, runErr)
}

// printNews says what was added to the list during the run, and how to send that.
func (d *deletion) printNews() {
	if d.input.snapshot == nil || d.File == "-" {
		return
	}
	if news := d.input.snapshot.news(); news != "" {
		fmt.Fprintf(d.stderr, "%s. To go on with the list as it is now: %s\n", news, d.input.resume)
	}
}

// close closes what was opened, and removes what was not finished. The input is last:
// its copy of standard input is kept if there is a journal.
func (d *deletion) close() (err error) {
	if d.job != nil {
		err = d.job.Close()
	}
	for _, r := range d.reports {
		r.file.Discard()
	}
	if d.look != nil {
		err = errors.Join(err, d.look.close())
	}
	if d.input != nil {
		d.input.close()
	}
	return err
}

// journalError turns the rejection of a journal into a usage error: nothing was sent.
func journalError(err error) error {
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
