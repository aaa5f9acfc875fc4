package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// verification is one call of the verify command. Its steps are prepare, run and finish.
// The last step is always close.
type verification struct {
	*VerifyCommand
	now    time.Time
	stdout io.Writer
	stderr io.Writer

	// Set by prepare.
	pace   *bulk.Pace
	to     *destination
	erased *erasedList
	list   *survey.List
	survey *survey.Survey
	report *report // nil without --report
}

// prepare reads everything that the command was called with, and opens everything that
// the run writes to.
func (v *verification) prepare(ctx context.Context) (err error) {
	limitGarbage(0, true)
	v.pace = bulk.NewPace(float64(v.Rate))
	if v.to, err = v.destination(v.pace); err != nil {
		return err
	}
	if v.erased, err = v.erasedOf(ctx); err != nil {
		return err
	}
	if v.list, err = v.erased.scan(ctx); err != nil {
		return v.erased.describe(err)
	}
	limitGarbage(v.list.Records, false)
	if v.list.Records == 0 && v.erased.tooYoung == 0 {
		return command.NewUsageError(v.erased.name+": contains nobody to verify", "the journal of a deletion, or a list of ids")
	}
	if err := v.openReport(); err != nil {
		return err
	}
	v.survey, err = survey.Open(ctx, v.list, survey.Options{
		Journal: v.record(), Question: survey.Verification, Resume: v.Resume,
		AccountCode: v.to.account, BaseURL: v.to.baseURL,
		Keep: func(r survey.Result) bool { return r.Outcome != survey.StillThere },
	})
	return journalError(err)
}

// record is the path of the file with the results.
func (v *verification) record() string { return cmp.Or(v.Record, v.erased.name+".verify") }

// run asks about the customers who have no result. Its error says why it stopped early.
func (v *verification) run(ctx context.Context) error {
	n := v.survey.Remaining()
	fmt.Fprintf(v.stderr, "Asking about %s of account %s at %s.\n", command.Count(n, "customer", "customers"), v.to.account, v.to.baseURL)
	if n == 0 {
		return nil
	}
	p := newProgress(v.stderr, n, v.Quiet, v.pace, v.to.hintFor)
	defer p.stop()
	return v.survey.Run(ctx, verify(v.to.client, v.pace), survey.RunOptions{
		Concurrency: int(v.Concurrency), GiveUpAfter: v.GiveUpAfter, Wait: v.pace.Wait, Waiting: p.waiting,
		Observe: func(r survey.Result) { p.observe(progressOf(r)) },
	})
}

// progressOf returns the result in the form in which progress counts it.
func progressOf(r survey.Result) bulk.Result {
	result := bulk.Result{Outcome: bulk.Accepted, Status: r.Status, Code: r.Code, Attempts: r.Attempts}
	if r.Outcome == survey.Unknown {
		result.Outcome = bulk.Failed
	}
	return result
}

// finish reports what the run has found. A report, summary or record that could not be
// written is an error, whatever the results; output whose reader has gone is not.
func (v *verification) finish(ctx context.Context, runErr error) error {
	counts := v.counts()
	reportErr := v.writeReport(ctx)
	summaryErr := v.printSummary(counts)
	recordErr := v.closeSurvey()
	v.printPaths()
	lost := errors.Join(reportErr, command.UnlessUnread(summaryErr), recordErr)
	return withLost(lost, v.ending(counts, runErr))
}

// printPaths says where the run left what a person has to keep.
func (v *verification) printPaths() {
	text := "record " + v.record()
	if v.report != nil && v.report.file.Committed() {
		text += ", report " + v.Report
	}
	fmt.Fprintf(v.stderr, "Written: %s.\n", text)
}

// ending returns the error of the run, nil if nobody is left.
func (v *verification) ending(c verified, runErr error) error {
	goOn := func(what string) string { return "\n" + what + " with: " + resumeCommand(v.args) }
	var outage *survey.OutageError
	switch {
	case errors.Is(runErr, context.Canceled):
		return command.NewExitError(command.ExitInterrupted, fmt.Sprintf("interrupted: %d not asked about", c.NotAsked)+goOn("Continue"))
	case errors.Is(runErr, errNoReads):
		return command.NewExitError(exitFailed, v.to.noReads())
	case errors.As(runErr, &outage):
		return command.NewExitError(exitFailed, runErr.Error()+": stopped. "+v.to.whyUnread(outage.Result)+goOn("Then continue"))
	case errors.As(runErr, new(*changedError)):
		return command.NewExitError(exitFailed, runErr.Error()+": stopped"+goOn("Continue with the list as it is now,"))
	case errors.As(runErr, new(*bulk.WriteError)):
		return unrecorded(runErr, goOn("Then continue"))
	case runErr != nil:
		return runErr
	}
	return v.unconfirmed(c, goOn)
}

// unconfirmed returns the error of a run that has asked about everybody, nil if nobody is
// left.
func (v *verification) unconfirmed(c verified, goOn func(string) string) error {
	switch {
	case c.StillThere > 0:
		return command.NewExitError(exitStillThere, fmt.Sprintf("%d still there", c.StillThere)+goOn("Ask again later"))
	case c.Unknown > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d unknown, %d invalid", c.Unknown, c.Invalid)+goOn("Ask again"))
	case c.Invalid > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d invalid: correct them in the list", c.Invalid)+goOn("Then ask about them"))
	case c.TooYoung > 0:
		return command.NewExitError(exitFailed, fmt.Sprintf("%d too young for --after %s", c.TooYoung, duration(v.After))+goOn("Verify them later"))
	}
	return nil
}

// duration returns a time as a person writes it in a flag: 24h and not 24h0m0s.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// closeSurvey closes the record, once.
func (v *verification) closeSurvey() (err error) {
	if v.survey != nil {
		err, v.survey = v.survey.Close(), nil
	}
	return err
}

// close closes what was opened, and removes what was not finished.
func (v *verification) close() error {
	err := v.closeSurvey()
	if v.list != nil {
		v.list.Close()
	}
	if v.report != nil {
		v.report.file.Discard()
	}
	if v.erased != nil {
		v.erased.close()
	}
	return err
}
