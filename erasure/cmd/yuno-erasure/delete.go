package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/batch"
)

type deleteCommand struct {
	jsonFlag     `embed:""`
	profileFlags `embed:""`

	ID     []string `arg:"" optional:"" help:"Ids of customers."`
	File   string   `help:"File with ids, one a line; - for standard input." placeholder:"FILE"`
	Column string   `help:"The file is CSV with a header: take this column." placeholder:"NAME"`
	Field  string   `help:"The file is JSONL: take this field of each object." placeholder:"NAME"`

	DryRun      bool    `help:"Check everything and send nothing."`
	Yes         bool    `help:"Do not ask."`
	Concurrency int     `help:"Requests under way at once." default:"8"`
	Rate        float64 `help:"Most requests a second; 0 for no limit. It halves by itself while the other side is overloaded." default:"0"`
	MaxFailures int     `help:"Stop when more than so many ids have failed; 0 for never." default:"0"`
	KeepGoing   bool    `help:"Do not stop when the first 20 ids are all refused alike."`
	Journal     string  `help:"File that the run is recorded in. Default: the input's name and .journal." placeholder:"FILE"`
	Resume      bool    `help:"Go on with the run that the journal records."`
	Report      string  `help:"File to write what became of each id to; CSV, or JSONL if its name ends so." placeholder:"FILE"`
	Quiet       bool    `help:"Show no progress."`
}

// Help is shown by delete --help.
func (deleteCommand) Help() string {
	return `Erases customers at Yuno, or at any service that speaks its contract. That cannot be undone.

  yuno-erasure delete 0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11
  yuno-erasure delete --file ids.txt --dry-run
  yuno-erasure delete --file customers.csv --column customer_id --report report.csv
  yuno-erasure delete --file customers.jsonl --field id --resume

Credentials come from ` + client.EnvAccountCode + `, ` + client.EnvPublicAPIKey + ` and ` + client.EnvPrivateSecretKey + ` (and ` + client.EnvAPIEndpoint + `, if the base URL is not the one of the key's environment), or from --profile.

A file is read twice: first everything is checked and counted, then it is sent. The journal tells a later run with --resume what was done; what may have been sent when a run was killed is sent again and reported as maybe_deleted if it is gone. docs/erasing-many.md walks through a batch.

Exit status: 0 all accepted, 4 some not found or maybe deleted, 5 some failed or invalid, 2 usage, 130 interrupted, 1 anything else.`
}

// Exit statuses of delete.
const (
	exitNotFound = 4
	exitFailed   = 5
)

// Validate is called by the parser.
func (c *deleteCommand) Validate() error {
	switch {
	case len(c.ID) == 0 && c.File == "":
		return errors.New("want ids or --file")
	case len(c.ID) > 0 && c.File != "":
		return errors.New("want ids or --file, not both")
	case c.File == "" && (c.Column != "" || c.Field != ""):
		return errors.New("--column and --field are about --file")
	case c.Column != "" && c.Field != "":
		return errors.New("--column is for CSV and --field for JSONL: give one of them")
	case c.Concurrency < 1 || c.Concurrency > 1000:
		return errors.New("--concurrency wants 1 to 1000")
	case c.Rate < 0:
		return errors.New("--rate wants 0 or more")
	case c.MaxFailures < 0:
		return errors.New("--max-failures wants 0 or more")
	case c.File == "-" && c.Journal == "":
		return errors.New("--file - needs --journal: standard input has no name to put it beside")
	}
	return nil
}

// Run erases the customers.
func (c *deleteCommand) Run(ctx context.Context, stdin stdinReader, stdout io.Writer, stderr errorWriter) error {
	pace := batch.NewPace(c.Rate)
	yuno, creds, err := c.profileFlags.client(pace)
	if err != nil {
		return err
	}
	input, err := c.input(stdin)
	if err != nil {
		return err
	}
	defer input.close()
	format := batch.Format{Column: c.Column, Field: c.Field}
	census, err := input.census(ctx, format)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(stdout, stderr, input, census, yuno, creds)
	}
	if census.ToErase() == 0 && census.Invalid == 0 {
		return fmt.Errorf("%s: there is no id in it", input.name)
	}
	printProblems(stderr, input.name, census)
	report, err := c.createReport()
	if err != nil {
		return err
	}
	defer report.discard()
	if err := c.confirm(stdin, stderr, census, yuno, creds); err != nil {
		return err
	}
	journal, err := c.journal(input, batch.Header{
		InputSHA256: census.SHA256, Records: census.Records, AccountCode: creds.AccountCode, BaseURL: yuno.BaseURL(), Format: format,
	}, census)
	if err != nil {
		return err
	}
	in, err := input.open()
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	defer in.Close()
	bar := newBatchProgress(stderr, census.ToErase(), c.Quiet, pace)
	summary, runErr := batch.Run(ctx, context.WithoutCancel(ctx), in, format, census, journal, eraser(ctx, yuno, pace), batch.Config{
		Concurrency: c.Concurrency, MaxFailures: c.MaxFailures, KeepGoing: c.KeepGoing, Wait: pace.Wait,
		Observe: func(r batch.Result) { bar.observe(r); c.printResult(stdout, r) },
	})
	bar.finish()
	err = c.writeReport(report, journal, census)
	if closeErr := journal.Close(); err == nil {
		err = closeErr
	}
	return errors.Join(err, c.conclude(stdout, input, summary, runErr))
}

// dryRun says what a run would do.
func (c *deleteCommand) dryRun(stdout io.Writer, stderr io.Writer, input *batchInput, census *batch.Census, yuno *client.Client, creds client.Credentials) error {
	printProblems(stderr, input.name, census)
	fmt.Fprintf(stdout, "Would erase %d customers of account %s at %s (%s). Nothing was sent.\n",
		census.ToErase(), creds.AccountCode, yuno.BaseURL(), environmentOf(creds, yuno.BaseURL()))
	if census.Duplicates > 0 {
		fmt.Fprintf(stdout, "%d ids stand there more than once and would be sent once.\n", census.Duplicates)
	}
	if census.Invalid > 0 {
		return &exitError{exitFailed, fmt.Sprintf("%d ids are invalid", census.Invalid)}
	}
	return nil
}

func printProblems(w io.Writer, name string, census *batch.Census) {
	for _, p := range census.Problems {
		fmt.Fprintf(w, "%s:%d: %v\n", name, p.Line, p.Err)
	}
	if more := census.Invalid - len(census.Problems); more > 0 {
		fmt.Fprintf(w, "%s: and %d more like these\n", name, more)
	}
}

// confirm asks, where a mistake would be large: in production, or for more than
// ten customers.
func (c *deleteCommand) confirm(stdin io.Reader, stderr io.Writer, census *batch.Census, yuno *client.Client, creds client.Credentials) error {
	environment := environmentOf(creds, yuno.BaseURL())
	n := census.ToErase()
	if c.Yes || environment != "production" && n <= 10 {
		return nil
	}
	fmt.Fprintf(stderr, "This erases %d customers of account %s in %s (%s), at Yuno and at every payment provider they have used. It cannot be undone.\n",
		n, creds.AccountCode, environment, yuno.BaseURL())
	if file, ok := stdin.(*os.File); !ok || c.File == "-" || !term.IsTerminal(int(file.Fd())) {
		return &usageError{"there is no terminal to ask on", "the same with --yes, if that is what you want"}
	}
	fmt.Fprintf(stderr, "Type the number of customers to go on: ")
	answer, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != strconv.Itoa(n) {
		return errors.New("not confirmed: nothing was sent")
	}
	return nil
}

// environmentOf names where the deletes go.
func environmentOf(creds client.Credentials, baseURL string) string {
	switch {
	case baseURL == client.BaseURLProductionUS, baseURL == client.BaseURLProductionEMEA, strings.HasPrefix(creds.PublicAPIKey, "prod_"):
		return "production"
	case baseURL == client.BaseURLSandbox:
		return "sandbox"
	}
	return "an environment of its own"
}

func (c *deleteCommand) journal(input *batchInput, h batch.Header, census *batch.Census) (*batch.Journal, error) {
	path := c.Journal
	if path == "" {
		path = input.journalPath
	}
	if c.Resume {
		return batch.ResumeJournal(path, h, census)
	}
	return batch.CreateJournal(path, h)
}

func (c *deleteCommand) createReport() (*pendingFile, error) {
	if c.Report == "" {
		return nil, nil
	}
	return createFile(c.Report)
}

func (c *deleteCommand) writeReport(report *pendingFile, journal *batch.Journal, census *batch.Census) error {
	if report == nil {
		return nil
	}
	asJSON := strings.HasSuffix(c.Report, ".jsonl") || strings.HasSuffix(c.Report, ".json")
	out := bufio.NewWriterSize(report.tmp, 64<<10)
	if err := batch.WriteReport(out, journal, census, asJSON); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return report.commit(nil, 0o600)
}

// printResult says what became of an id of the command line.
func (c *deleteCommand) printResult(stdout io.Writer, r batch.Result) {
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
	fmt.Fprintln(stdout, text)
}

// conclude prints the summary, and turns it into an exit status.
func (c *deleteCommand) conclude(stdout io.Writer, input *batchInput, s batch.Summary, runErr error) error {
	if c.JSON {
		if err := printJSON(stdout, s); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(stdout, "%d accepted, %d not found, %d maybe deleted, %d invalid, %d failed", s.Accepted, s.NotFound, s.MaybeDeleted, s.Invalid, s.Failed)
		for _, more := range []struct {
			n    int
			text string
		}{{s.Duplicates, "duplicates left out"}, {s.NotSent, "not sent"}} {
			if more.n > 0 {
				fmt.Fprintf(stdout, ", %d %s", more.n, more.text)
			}
		}
		fmt.Fprintln(stdout)
	}
	goOn := ""
	if input.again {
		goOn = "; the same with --resume goes on"
	}
	switch {
	case errors.Is(runErr, context.Canceled):
		return &exitError{exitInterrupted, "interrupted: " + strconv.Itoa(s.NotSent) + " not sent" + goOn}
	case errors.Is(runErr, batch.ErrAllAlike):
		return &exitError{exitFailed, runErr.Error() + ": wrong keys, account or environment? Stopped; --keep-going does not stop" + goOn}
	case errors.Is(runErr, batch.ErrTooManyFailures):
		return &exitError{exitFailed, runErr.Error() + ": stopped" + goOn}
	case runErr != nil:
		return runErr
	case s.Failed > 0 || s.Invalid > 0:
		return &exitError{exitFailed, fmt.Sprintf("%d failed, %d invalid", s.Failed, s.Invalid) + goOn}
	case s.NotFound > 0 || s.MaybeDeleted > 0:
		return &exitError{exitNotFound, fmt.Sprintf("%d not found, %d maybe deleted", s.NotFound, s.MaybeDeleted)}
	}
	return nil
}
