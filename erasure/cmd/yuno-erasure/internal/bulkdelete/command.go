package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"time"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// exitFailed is an exit status beside those of package command: some ids failed, are
// invalid or unsettled, or the run stopped by itself.
const exitFailed = 5

// Command is the delete subcommand.
type Command struct {
	command.JSONFlag `embed:""`
	profileFlags     `embed:""`

	ID          []string `arg:"" optional:"" help:"Ids of customers."`
	File        string   `help:"File with ids: one per line, CSV, JSON, or an Excel workbook; - for standard input." placeholder:"FILE" short:"f"`
	formatFlags `embed:""`
	By          string `help:"What the ids are: customer-id for Yuno's, merchant-id for your own, which are looked up first." enum:"customer-id,merchant-id" default:"customer-id"`

	DryRun      bool          `help:"Check everything and send nothing."`
	LookUp      bool          `help:"With --dry-run and --by merchant-id: look the customers up."`
	Yes         bool          `help:"Do not ask for confirmation."`
	Concurrency wholeNumber   `help:"Most concurrent requests." default:"8"`
	Rate        decimalNumber `help:"Most requests per second; 0 for no limit. It is halved automatically while the service is overloaded." default:"0"`
	MaxFailures wholeNumber   `help:"Stop when more ids than this have failed; 0 for never." default:"0"`
	GiveUpAfter time.Duration `help:"How long to wait for a service that is away, when 20 ids in a row have failed and not because of the ids, such as 30m; 0 to stop at once." default:"15m"`
	KeepGoing   bool          `help:"Do not stop when the first 20 ids all have the same refusal, or the service is away for longer than --give-up-after."`
	Journal     string        `help:"File to record the run in. Default: the input's name and .journal." placeholder:"FILE"`
	Resume      bool          `help:"Continue the run that the journal records."`
	Report      []string      `help:"File to write the outcome of each id to: a page for people if its name ends in .html, JSONL if it ends in .jsonl or .json, else CSV. Can be repeated." placeholder:"FILE" sep:"none"`
	Overwrite   bool          `help:"Let --report replace any file. Without it, it replaces only a report when --resume continues a run."`
	Quiet       bool          `help:"Show no progress."`

	args []string // the whole command line
}

// Help is shown by delete --help.
func (Command) Help() string {
	return `Erases customers at Yuno, or at any service that implements its contract. This cannot be undone.

Examples:

  yuno-erasure delete 0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11
  yuno-erasure delete --file ids.txt --dry-run
  yuno-erasure delete --file customers.xlsx --report report.csv
  yuno-erasure delete --file own-ids.csv --by merchant-id --dry-run --look-up
  yuno-erasure delete --file customers.csv --column "Customer ID" --profile production
  yuno-erasure delete --file customers.csv --column "Customer ID" --profile production --resume
  cat ids.txt | yuno-erasure delete --file - --journal ids.journal --yes

Credentials come from ` + client.EnvAccountCode + `, ` + client.EnvPublicAPIKey + ` and ` + client.EnvPrivateSecretKey + ` (and ` + client.EnvAPIEndpoint + `, if the base URL is not that of the Yuno environment that the public key's prefix names), or from --profile.

The file may be a list with one id per line ("# " begins a comment), CSV with a header, a JSON array, JSON lines, or an Excel workbook; text may be UTF-8 or UTF-16, and compressed with gzip. What it is, and which column or field has the ids, is found out and shown by --dry-run; the flags say it where that is not certain.

A file is read twice: everything is checked and counted before the first id is sent. What cannot be an id (an error of a spreadsheet, a telephone, card or tax number, a second header) is named by its line, and not sent. The command asks for confirmation before it erases in production, or more than 10 customers anywhere, or if most lines have no id or most ids are numbers or words. The journal tells a later run with --resume what was done; ids that may have been sent when a run was killed are sent again, and reported as maybe_deleted if they are gone. Ctrl-C, SIGTERM and a closed terminal let requests in flight finish and write the report; a second Ctrl-C aborts them. While the service is away, the command waits, and what failed meanwhile is sent again. The journal of ids from the command line is yuno-erasure-TIME.journal in this folder, and is removed once every outcome is final. docs/erasing-many.md is a guide.

With --by merchant-id, every id is looked up first, and then those who were found are erased, after the confirmation. Unknown ids, and ids that lead to somebody else or to several customers, are reported and never guessed. Look-ups are recorded beside the journal, in its name and .lookup, and are good for 24 hours.

Exit status: 0 all accepted, 4 some are gone (not found, or maybe deleted by an earlier attempt), 5 some failed, are invalid or may be deleted with an unknown outcome, or the command stopped by itself, 2 wrong usage and nothing sent, 130 interrupted, 1 anything else.`
}

// Validate is called by the parser.
func (c *Command) Validate() error {
	switch {
	case len(c.ID) == 0 && c.File == "":
		return errors.New("want ids or --file")
	case len(c.ID) > 0 && c.File != "":
		return errors.New("want ids or --file, not both")
	case c.File == "" && c.formatFlags != formatFlags{}:
		return errors.New("--column, --field, --delimiter, --encoding and --sheet need --file")
	case c.LookUp && !(c.DryRun && c.byMerchantID()):
		return errors.New("--look-up needs --dry-run and --by merchant-id: every other run by merchant ids looks them up")
	case c.LookUp && c.File == "-" && c.Journal == "":
		return errors.New("--look-up with --file - needs --journal, beside which the look-ups are recorded")
	case c.File == "" && c.Resume && c.Journal == "":
		return errors.New("--resume needs --file, or the --journal of the earlier run")
	case c.File == "-" && c.Journal == "" && (c.Resume || !c.DryRun):
		return errors.New("--file - needs --journal: standard input has no name to derive the journal's from")
	}
	return cmp.Or(
		checkPace(c.Concurrency, c.Rate, c.GiveUpAfter),
		command.Within("--max-failures", int(c.MaxFailures), 0, math.MaxInt32),
		c.format().Validate(),
	)
}

// checkPace checks what delete and verify have in common.
func checkPace(concurrency wholeNumber, rate decimalNumber, giveUpAfter time.Duration) error {
	return cmp.Or(
		command.Within("--concurrency", int(concurrency), 1, 1000),
		command.ZeroOrWithin("--rate", float64(rate), command.SlowestRate, command.FastestRate),
		command.ZeroOrWithin("--give-up-after", giveUpAfter, time.Second, command.LongestWait),
	)
}

// format returns the format of the list, as far as the flags say.
func (c *Command) format() bulk.Format {
	f := c.formatFlags.format()
	f.MerchantIDs = c.byMerchantID()
	return f
}

// byMerchantID reports whether the ids are the merchant's own.
func (c *Command) byMerchantID() bool { return c.By == "merchant-id" }

// AfterApply is called by the parser.
func (c *Command) AfterApply(parsed *kong.Context) error {
	c.args = parsed.Args
	return rejectEmptyFlags(parsed)
}

// rejectEmptyFlags rejects flags with an empty value, which come from unset variables of
// scripts: an empty --profile would use other keys, and an empty --column would take whole
// lines for ids.
func rejectEmptyFlags(parsed *kong.Context) error {
	for _, step := range parsed.Path {
		if f := step.Flag; f != nil && f.Target.Kind() == reflect.String && f.Target.String() == "" {
			return fmt.Errorf("--%s wants a value", f.Name)
		}
	}
	return nil
}

// Run erases the customers.
func (c *Command) Run(ctx context.Context, stdin command.Stdin, stdout io.Writer, stderr command.Stderr) (err error) {
	command.OutliveReaders()
	hardStop, stop := command.UntilSecondSignal()
	defer stop()
	d := &deletion{Command: c, pace: bulk.NewPace(float64(c.Rate)), stdin: stdin, stdout: stdout, stderr: stderr}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.scan(ctx); err != nil {
		return err
	}
	if err := d.lookUp(ctx); err != nil {
		return err
	}
	if c.DryRun {
		return d.dryRun(ctx)
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	defer context.AfterFunc(hardStop, d.job.Abort)()
	if err := d.confirm(ctx); err != nil {
		return err
	}
	return d.finish(d.run(ctx))
}
