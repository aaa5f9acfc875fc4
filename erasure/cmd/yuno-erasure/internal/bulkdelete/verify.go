package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// exitStillThere is an exit status of verify beside those of delete: some of the customers
// still exist with personal data.
const exitStillThere = 6

// VerifyCommand is the verify subcommand.
type VerifyCommand struct {
	command.JSONFlag `embed:""`
	profileFlags     `embed:""`

	Journal     string `help:"Journal of the deletion: verify the customers whose erasure it records." placeholder:"FILE"`
	File        string `help:"File with Yuno's ids of erased customers, as for delete." placeholder:"FILE" short:"f"`
	formatFlags `embed:""`

	After       time.Duration `help:"Verify only whose erasure was accepted at least that long ago." default:"0s"`
	Concurrency wholeNumber   `help:"Most concurrent requests." default:"8"`
	Rate        decimalNumber `help:"Most requests per second; 0 for no limit. It is halved automatically while the service is overloaded." default:"0"`
	GiveUpAfter time.Duration `help:"How long to wait for the service to come back after 20 failures in a row; 0 to stop at once." default:"15m"`
	Record      string        `help:"File to record the results in. Default: the name of the journal or file and .verify." placeholder:"FILE"`
	Resume      bool          `help:"Continue what the record shows: ask again about those who were not gone or anonymised."`
	Report      string        `help:"File to write the result of each id to: JSONL if its name ends in .jsonl or .json, else CSV." placeholder:"FILE"`
	Overwrite   bool          `help:"Let --report replace any file. Without it, it replaces only a report when --resume continues a verification."`
	Quiet       bool          `help:"Show no progress."`

	args []string // of the command line
}

// Help is shown by verify --help.
func (VerifyCommand) Help() string {
	return `Asks about every erased customer what is left, and erases nobody. The service must retrieve customers, as Yuno does.

Examples:

  yuno-erasure verify --journal ids.txt.journal --after 24h --report verified.csv
  yuno-erasure verify --journal ids.txt.journal --after 24h --report verified.csv --resume
  yuno-erasure verify --file ids.txt --profile production

A customer is gone (not found), anonymised (found without personal data) or still_there; unknown means that the response does not tell. Nothing of a customer is printed or kept but the ids. The keys decide whose customers are asked about: with the keys of another account everybody is gone, so use those of the deletion.

With --journal, the report has the outcomes of the deletion too, and only accepted and maybe_deleted ids are asked about. With --file, all ids of the list are: an id that never existed is gone, too.

Exit status: 0 all are gone or anonymised, 6 some are still there, 5 some are unknown, invalid or too young for --after, or the command stopped by itself, 2 wrong usage and nothing sent, 130 interrupted, 1 anything else.`
}

// Validate is called by the parser.
func (c *VerifyCommand) Validate() error {
	switch {
	case (c.Journal == "") == (c.File == ""):
		return errors.New("want --journal, that of the deletion, or --file")
	case c.File == "" && c.formatFlags != formatFlags{}:
		return errors.New("--column, --field, --delimiter, --encoding and --sheet need --file")
	case c.File != "" && c.After != 0:
		return errors.New("--after needs --journal: a list does not say when an erasure was accepted")
	}
	return cmp.Or(
		command.ZeroOrWithin("--after", c.After, time.Second, command.LongestDeadline),
		checkPace(c.Concurrency, c.Rate, c.GiveUpAfter),
		c.format().Validate(),
	)
}

// AfterApply is called by the parser; see [Command.AfterApply].
func (c *VerifyCommand) AfterApply(parsed *kong.Context) error {
	c.args = parsed.Args
	return rejectEmptyFlags(parsed)
}

// Run verifies the customers.
func (c *VerifyCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) (err error) {
	command.OutliveReaders()
	v := &verification{VerifyCommand: c, now: time.Now(), stdout: stdout, stderr: stderr}
	defer func() { err = errors.Join(err, v.close()) }()
	if err := v.prepare(ctx); err != nil {
		return err
	}
	return v.finish(ctx, v.run(ctx))
}
