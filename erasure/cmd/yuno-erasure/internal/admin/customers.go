package admin

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

// CustomersCommand is the customers subcommand.
type CustomersCommand struct {
	Find   customersFindCommand   `cmd:"" help:"Print the ids of the customers with a merchant_customer_id."`
	Import customersImportCommand `cmd:"" help:"Import customers from a JSONL file."`
}

// maxRecord bounds one line of an import.
const maxRecord = 256 << 10

type customersImportCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	Account          string `required:"" help:"Code of the account that the customers belong to." placeholder:"UUID"`
	File             string `arg:"" help:"JSONL file; - for standard input."`
	Batch            int    `help:"Records in one transaction: all of them are imported, or none." default:"500"`
	Quiet            bool   `help:"Show no progress."`
}

// Help is shown by customers import --help.
func (customersImportCommand) Help() string {
	return `One JSON object a line: Yuno's customer object, plus what each payment provider knows the customer by, under the name that it has in the file for serve --providers:

  {"id": "...", "merchant_customer_id": "...", "email": "...", "providers": [{"provider": "stripe", "customer": "cus_1", "tokens": [], "payments": []}]}

A customer that is there already is replaced; an id that stands twice in the file is a bad line. One that was erased stays erased, and is left out. Bad lines are reported with their number and the reason, without their data; the batch that they are in is not imported, and the import goes on with the next. Running it again imports what was mended.

It works beside a service that runs.

Examples:

  yuno-erasure customers import --account 493e9374-510a-4201-9e09-de669d75f256 customers.jsonl
  zcat customers.jsonl.gz | yuno-erasure customers import --account 493e9374-510a-4201-9e09-de669d75f256 -

Exit status: 0 everything was imported, 1 something was not.`
}

// Validate is called by the parser.
func (c *customersImportCommand) Validate() error {
	if c.Batch < 1 || c.Batch > 10_000 {
		return errors.New("--batch wants 1 to 10000")
	}
	return c.Flags.Validate()
}

// Run imports the file.
func (c *customersImportCommand) Run(ctx context.Context, stdin command.Stdin, stdout io.Writer, stderr command.Stderr) error {
	in, size, err := c.openFile(ctx, stdin)
	if err != nil {
		return err
	}
	defer in.Close()
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := checkAccount(ctx, store, c.Account); err != nil {
		return err
	}
	bar := newProgress(stderr, size, c.Quiet)
	im := importer{
		store: store, account: c.Account, batch: c.Batch, bar: bar, problems: stderr,
		seen: map[uint64]int{}, seed: maphash.MakeSeed(),
	}
	err = im.run(ctx, in)
	bar.finish()
	sayErr := c.Print(stdout, map[string]any{"imported": im.imported, "without_providers": im.alone, "erased_before": im.erased, "bad": im.bad, "left": im.left},
		"%s", im.summary())
	switch {
	case err != nil:
		return err
	case sayErr != nil:
		return sayErr
	case im.bad > 0:
		return fmt.Errorf("%s: mend and run the import again", command.Count(im.bad, "bad line", "bad lines"))
	case im.imported+im.erased == 0:
		return fmt.Errorf("%s: there is no customer in it", c.File)
	}
	return nil
}

func (c *customersImportCommand) openFile(ctx context.Context, stdin io.Reader) (in io.ReadCloser, size int64, err error) {
	if c.File == "-" {
		return io.NopCloser(command.InterruptibleReader(ctx, stdin)), -1, nil
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a directory, want a file", c.File)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}
