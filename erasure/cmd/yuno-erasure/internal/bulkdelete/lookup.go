package bulkdelete

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// maxLookUpAge is how long a look-up is good. After that the merchant may have given the id
// to somebody else, so the customer is looked up again before the deletion.
const maxLookUpAge = 24 * time.Hour

// lookup is the first phase of a deletion by the merchant's own ids: it finds out whose
// they are. What it finds is the list of the deletion.
type lookup struct {
	path   string // of the record
	ids    idSource
	list   *survey.List
	survey *survey.Survey    // nil until it is open
	found  *survey.Selection // nil until everybody was looked up
}

// lookUpPath returns the path of the record of look-ups beside a journal.
func lookUpPath(journal string) string { return journal + ".lookup" }

// scanMerchantIDs reads and checks the merchant's ids.
func (d *deletion) scanMerchantIDs(ctx context.Context) (err error) {
	journal := d.options().Journal
	if err := d.checkJournal(journal); err != nil {
		return err
	}
	d.look = &lookup{path: lookUpPath(journal), ids: idSource{input: d.input, args: d.ID, format: d.format()}}
	if d.look.list, err = d.look.ids.scan(ctx); err != nil {
		return err
	}
	limitGarbage(d.look.list.Records, d.look.ids.reading.Sheet != "")
	var problems []bulk.Record
	for _, p := range d.look.list.Problems {
		problems = append(problems, bulk.Record{Line: p.Line, Err: p.Err})
	}
	d.printProblems(problems, d.look.list.Invalid)
	return nil
}

// checkJournal rejects, before anybody is looked up, a journal that the deletion would
// reject.
func (d *deletion) checkJournal(journal string) error {
	_, err := bulk.ReadJournal(journal)
	switch {
	case d.DryRun:
	case err == nil && !d.Resume:
		return command.NewUsageError("journal "+journal+": already exists, apparently from an earlier run",
			"--resume to continue that run; to start from scratch, move the file away")
	case d.Resume && !exists(journal) && !exists(lookUpPath(journal)):
		return command.NewUsageError("journal "+journal+": does not exist: there is no run to resume", "the same command without --resume")
	}
	return nil
}

// lookUp looks up everybody who was not looked up yet, and scans who was found, unless the
// ids are Yuno's or nobody is to be asked.
func (d *deletion) lookUp(ctx context.Context) (err error) {
	if d.look == nil || d.DryRun && !d.LookUp {
		return nil
	}
	if !d.DryRun {
		if d.reports, err = d.createReports(d.input); err != nil {
			return err
		}
	}
	if d.look.survey, err = survey.Open(ctx, d.look.list, d.lookUpOptions()); err != nil {
		return journalError(err)
	}
	for _, r := range d.reports {
		if sameFile(r.path, d.look.path) {
			return command.NewUsageError("--report "+r.path+" is the record of the look-ups", "another name")
		}
	}
	if n := d.look.survey.Remaining(); n > 0 {
		if err := d.askAll(ctx, n); err != nil {
			return d.lookUpEnding(err)
		}
	}
	if d.look.found, err = d.look.survey.Select(ctx, wasFound); err != nil {
		return err
	}
	d.list, err = bulk.Scan(ctx, d.look.source, bulk.Format{Field: foundField})
	return err
}

// wasFound reports whether a look-up has found a customer.
func wasFound(r survey.Result) bool { return r.Outcome == survey.Found }

func (d *deletion) lookUpOptions() survey.Options {
	o := d.options()
	return survey.Options{
		Journal: d.look.path, Question: survey.LookUp, AccountCode: o.AccountCode, BaseURL: o.BaseURL, Resume: true,
		Keep:    func(r survey.Result) bool { return time.Since(r.Time) < maxLookUpAge },
		Settled: func(ctx context.Context, yield func(string) error) error { return sentBy(ctx, o.Journal, yield) },
	}
}

// askAll looks up n merchant ids.
func (d *deletion) askAll(ctx context.Context, n int) error {
	text := command.Count(n, "merchant id", "merchant ids")
	if total := d.look.list.ToAsk(); total != n {
		text += fmt.Sprintf(" (of %d; the others were looked up before)", total)
	}
	fmt.Fprintf(d.stderr, "Looking up %s of account %s at %s. What is found is recorded in %s.\n", text, d.to.account, d.to.baseURL, d.look.path)
	p := newProgress(d.stderr, n, d.Quiet, d.pace, d.to.hintFor)
	defer p.stop()
	return d.look.survey.Run(ctx, lookUp(d.to.client, d.pace), survey.RunOptions{
		Concurrency: int(d.Concurrency), GiveUpAfter: d.GiveUpAfter, Wait: d.pace.Wait, Waiting: p.waiting,
		Observe: func(r survey.Result) { p.observe(progressOf(r)) },
	})
}

// sentBy calls yield with every customer to whom a journal records that a deletion may have
// been sent. Looking them up again could only find that they are gone.
func sentBy(ctx context.Context, journal string, yield func(customerID string) error) error {
	if !exists(journal) {
		return nil
	}
	err := bulk.ReadResults(ctx, journal, func(r bulk.Result) error {
		if r.Outcome == bulk.Failed || r.Outcome == bulk.Invalid {
			return nil
		}
		return yield(r.ID)
	})
	if errors.As(err, new(*bulk.JournalError)) {
		return nil // bulk.Prepare says so
	}
	return err
}

// lookUpEnding says why looking up has ended early, and how to go on.
func (d *deletion) lookUpEnding(err error) error {
	left := d.look.list.ToAsk()
	for _, n := range d.look.survey.Counts() {
		left -= n
	}
	text := fmt.Sprintf("%d not looked up, and nobody was erased", left)
	goOn := func(what string) string {
		if d.own != nil { // its look-ups are not kept
			return ""
		}
		return "\n" + what + " with: " + d.again()
	}
	var outage *survey.OutageError
	switch {
	case errors.Is(err, context.Canceled):
		return command.NewExitError(command.ExitInterrupted, "interrupted: "+text+goOn("Continue"))
	case errors.Is(err, errNoReads):
		return command.NewExitError(exitFailed, d.to.noReads()+": nobody was erased. Only Yuno's own ids can be erased there")
	case errors.As(err, &outage):
		return command.NewExitError(exitFailed, fmt.Sprintf("%v: stopped, %s. %s", outage, text, d.to.whyUnread(outage.Result))+goOn("Then continue"))
	case errors.As(err, new(*changedError)):
		return command.NewExitError(exitFailed, fmt.Sprintf("%v: stopped, %s", err, text)+goOn("Continue with the list as it is now,"))
	case errors.As(err, new(*bulk.WriteError)):
		return unrecorded(err, ", and nobody was erased"+goOn("Then continue"))
	}
	return err
}

// text says how many were found, and what became of the others, in whole sentences.
func (l *lookup) text(found *bulk.List) string {
	c := l.survey.Counts()
	text := fmt.Sprintf("%d of %d found", c[survey.Found], l.list.ToAsk())
	separator := ": "
	for _, rest := range []struct {
		n    int
		text string
	}{
		{c[survey.NotFound], "%d unknown"}, {c[survey.Ambiguous], "%d ambiguous"}, {c[survey.Unknown], "%d not looked up (failed)"},
		{found.Duplicates, "%d of those found lead to the same customer as another id"},
	} {
		if rest.n > 0 {
			text += separator + fmt.Sprintf(rest.text, rest.n)
			separator = ", "
		}
	}
	if c[survey.Found] == 0 && c[survey.NotFound] > 0 {
		return text + ". Are these the merchant_customer_id of this account's customers, and the keys those of the account?"
	}
	return text + "."
}

// source is the list of the deletion: the customers who were found.
func (l *lookup) source() (io.Reader, error) {
	return l.found.Reader(func(text []byte, r survey.Result) []byte {
		return append(append(append(text, `{"`+foundField+`":"`...), r.CustomerID...), "\"}\n"...) // an id needs no escapes
	}), nil
}

const foundField = "customer_id"

// unresolved calls yield with the result of every merchant id that led to nobody, in the
// form in which a deletion reports it.
func (l *lookup) unresolved(ctx context.Context, yield func(bulk.Result) error) error {
	err := l.survey.Results(ctx, func(r survey.Result) error {
		if wasFound(r) {
			return nil
		}
		result := bulk.Result{
			MerchantID: r.ID, Line: r.Line, Outcome: bulk.Failed, Status: r.Status, Code: r.Code, Attempts: r.Attempts,
			RequestID: r.RequestID, Time: r.Time,
		}
		if r.Outcome == survey.NotFound {
			result.Outcome = bulk.NotFound
		}
		return yield(result)
	})
	if err != nil {
		return err
	}
	return l.invalid(ctx, func(r survey.Record) error {
		return yield(bulk.Result{Line: r.Line, Outcome: bulk.Invalid, Reason: r.Err.Error(), Time: time.Now().UTC()})
	})
}

// invalid calls yield with the records that have no valid id.
func (l *lookup) invalid(ctx context.Context, yield func(survey.Record) error) error {
	if l.list.Invalid == 0 {
		return nil
	}
	return l.ids.read(ctx, func(r survey.Record) error {
		if r.Err == nil {
			return ctx.Err()
		}
		return yield(r)
	})
}

// close closes what was opened.
func (l *lookup) close() (err error) {
	if l.survey != nil {
		err = l.survey.Close()
	}
	if l.list != nil {
		l.list.Close()
	}
	return err
}
