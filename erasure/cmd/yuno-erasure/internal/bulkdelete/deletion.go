package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

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
	own   *ownJournal // nil with --file or --journal
	look  *lookup     // nil if the ids are Yuno's
	list  *bulk.List  // set by lookUp if the ids are the merchant's

	// Set by prepare.
	reports []*report
	job     *bulk.Job

	// Set by run.
	printed *command.TrackedWriter // the results that were printed
	done    bool                   // all outcomes are final and were printed
}

// scan reads and checks everything that the command was called with.
func (d *deletion) scan(ctx context.Context) (err error) {
	limitGarbage(0, true)
	if !d.DryRun || d.LookUp {
		if err := checkOpenFiles(int(d.Concurrency)); err != nil {
			return err
		}
	}
	if d.to, err = d.destination(d.pace); err != nil {
		return err
	}
	if d.input, err = d.openInput(ctx, d.stdin); err != nil {
		return err
	}
	if err := d.chooseJournal(); err != nil {
		return err
	}
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
	if d.own != nil {
		p.above(func() { fmt.Fprintf(d.stderr, "Until every outcome is final, they are recorded in %s.\n", d.own.path) })
	}
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
// written is an error, whatever the outcome; output whose reader has gone is not.
func (d *deletion) finish(runErr error) error {
	causes, reportErr := d.writeReports()
	summaryErr := d.printSummary(causes)
	printErr := d.printed.Err
	if printErr != nil {
		printErr = fmt.Errorf("printing the outcomes: %w", printErr)
	}
	journalErr := d.job.Close()
	summary := d.summary()
	d.done = cmp.Or(printErr, journalErr, summaryErr) == nil && isFinal(summary)
	d.printPaths()
	d.printNews()
	lost := errors.Join(command.UnlessUnread(printErr), reportErr, journalErr, command.UnlessUnread(summaryErr))
	return withLost(lost, ending{d.again(), d.to, summary}.of(runErr))
}

// printNews says what was added to the list during the run, and how to send that.
func (d *deletion) printNews() {
	if d.input.snapshot == nil || d.File == "-" {
		return
	}
	if news := d.input.snapshot.news(); news != "" {
		fmt.Fprintf(d.stderr, "%s. To go on with the list as it is now: %s\n", news, d.again())
	}
}

// printPaths says where the run left what a person has to keep.
func (d *deletion) printPaths() {
	var paths []string
	if journal := d.options().Journal; exists(journal) && (d.own == nil || !d.done) {
		paths = append(paths, "journal "+journal)
	}
	for _, r := range d.reports {
		if r.file.Committed() {
			paths = append(paths, "report "+r.path)
		}
	}
	if len(paths) > 0 {
		fmt.Fprintf(d.stderr, "Written: %s.\n", strings.Join(paths, ", "))
	}
}

// again is the command that goes on with what this one began.
func (d *deletion) again() string {
	if d.own != nil {
		return d.resumeCommand("--journal", d.own.path)
	}
	return d.resumeCommand()
}

// chooseJournal gives the run of ids from the command line a journal.
func (d *deletion) chooseJournal() (err error) {
	switch {
	case d.Journal != "" || d.File != "":
		return nil
	case d.DryRun:
		d.own, err = passingJournal()
	default:
		d.own, err = newOwnJournal(time.Now())
	}
	if err == nil {
		d.input.journalPath = d.own.path
	}
	return err
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
	if d.printed == nil || d.done {
		d.own.remove()
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
