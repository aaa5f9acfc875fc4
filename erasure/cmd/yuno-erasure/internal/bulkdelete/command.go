package bulkdelete

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

type Command struct {
	command.JSONFlag `embed:""`
	profileFlags     `embed:""`

	ID     []string `arg:"" optional:"" help:"Ids of customers."`
	File   string   `help:"File with ids, one a line; - for standard input." placeholder:"FILE"`
	Column string   `help:"The file is CSV with a header: take this column." placeholder:"NAME"`
	Field  string   `help:"The file is JSONL: take this field of each object." placeholder:"NAME"`

	DryRun      bool          `help:"Check everything and send nothing."`
	Yes         bool          `help:"Do not ask."`
	Concurrency wholeNumber   `help:"Requests under way at once." default:"8"`
	Rate        decimalNumber `help:"Most requests a second; 0 for no limit. It halves by itself while the other side is overloaded." default:"0"`
	MaxFailures wholeNumber   `help:"Stop when more than so many ids have failed; 0 for never." default:"0"`
	KeepGoing   bool          `help:"Do not stop when the first 20 ids all come to the same refusal or failure, or 20 in a row are refused with 401 or 403."`
	Journal     string        `help:"File that the run is recorded in. Default: the input's name and .journal." placeholder:"FILE"`
	Resume      bool          `help:"Go on with the run that the journal records."`
	Report      string        `help:"File to write what became of each id to; CSV, or JSONL if its name ends so. A file of that name is replaced." placeholder:"FILE"`
	Quiet       bool          `help:"Show no progress."`
}

// Help is shown by delete --help.
func (Command) Help() string {
	return `Erases customers at Yuno, or at any service that speaks its contract. That cannot be undone.

Examples:

  yuno-erasure delete 0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11
  yuno-erasure delete --file ids.txt --dry-run
  yuno-erasure delete --file customers.csv --column customer_id --report report.csv
  yuno-erasure delete --file customers.jsonl --field id --profile production
  yuno-erasure delete --file customers.jsonl --field id --profile production --resume
  zcat ids.txt.gz | yuno-erasure delete --file - --journal ids.journal --yes

Credentials come from ` + client.EnvAccountCode + `, ` + client.EnvPublicAPIKey + ` and ` + client.EnvPrivateSecretKey + ` (and ` + client.EnvAPIEndpoint + `, if the base URL is not the one of Yuno's environment that the public key's prefix names), or from --profile.

A file is read twice: first everything is checked and counted, then it is sent. It asks before it erases in production, or more than 10 customers anywhere. The journal tells a later run with --resume what was done; what may have been sent when a run was killed is sent again and reported as maybe_deleted if it is gone. Ctrl-C lets what is under way finish; a second one breaks it off. docs/erasing-many.md walks through a batch.

Exit status: 0 all accepted, 4 some are gone (not found, or maybe deleted by an earlier attempt), 5 some failed, are invalid, or may be deleted and nobody knows yet, or it stopped by itself, 2 called wrongly and nothing sent, 130 interrupted, 1 anything else.`
}

// Validate is called by the parser.
func (c *Command) Validate() error {
	switch {
	case len(c.ID) == 0 && c.File == "":
		return errors.New("want ids or --file")
	case len(c.ID) > 0 && c.File != "":
		return errors.New("want ids or --file, not both")
	case c.File == "" && (c.Column != "" || c.Field != ""):
		return errors.New("--column and --field are about --file")
	case c.File == "" && c.Resume && c.Journal == "":
		return errors.New("--resume needs --file, or the --journal of the earlier run")
	case c.Column != "" && c.Field != "":
		return errors.New("--column is for CSV and --field for JSONL: give one of them")
	case c.Concurrency < 1 || c.Concurrency > 1000:
		return errors.New("--concurrency wants 1 to 1000")
	case !(c.Rate >= 0): // NaN included
		return errors.New("--rate wants 0 or more")
	case c.MaxFailures < 0:
		return errors.New("--max-failures wants 0 or more")
	case c.File == "-" && c.Journal == "" && (c.Resume || !c.DryRun):
		return errors.New("--file - needs --journal: standard input has no name to put it beside")
	}
	return nil
}

// AfterApply is called by the parser. A flag that is given and empty is a variable
// of a script that is not set: without --profile the keys would be others, and
// without --column whole lines would be ids.
func (*Command) AfterApply(parsed *kong.Context) error {
	for _, step := range parsed.Path {
		if f := step.Flag; f != nil && f.Target.Kind() == reflect.String && f.Target.String() == "" {
			return fmt.Errorf("--%s wants a value", f.Name)
		}
	}
	return nil
}

// Run erases the customers.
func (c *Command) Run(ctx context.Context, stdin command.Stdin, stdout io.Writer, stderr command.Stderr) (err error) {
	hardStop, stop := untilSecondSignal()
	defer stop()
	d := &deletion{Command: c, pace: bulk.NewPace(float64(c.Rate)), stdin: stdin, stdout: stdout, stderr: stderr}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.scan(ctx); err != nil {
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

// untilSecondSignal returns a context that ends with the second Ctrl-C; the first
// ends the one of the command. A third ends the program wherever it is.
func untilSecondSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		for range 2 {
			select {
			case <-signals:
			case <-ctx.Done():
				return
			}
		}
		cancel()
	}()
	return ctx, cancel
}
