package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

type customersImportCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	Account          string `required:"" help:"Code of the account that the customers belong to." placeholder:"UUID"`
	File             string `arg:"" help:"JSONL file; - for standard input."`
	Batch            int    `help:"Records per transaction: all of them are imported, or none." default:"500"`
	Quiet            bool   `help:"Show no progress."`
}

// Help is shown by customers import --help.
func (customersImportCommand) Help() string {
	return `Each line is a JSON object: Yuno's customer object, plus the ids by which each payment provider knows the customer. "provider" is a name from the file for serve --providers:

  {"id": "...", "merchant_customer_id": "...", "email": "...", "providers": [{"provider": "stripe", "customer": "cus_1", "tokens": [], "payments": []}]}

An existing customer is replaced. A customer that was erased stays erased: its line is skipped. A second line with the same id is a bad line. A bad line is reported with its number and the reason, without its data; its batch is not imported, and the import continues with the next batch. Fix the lines and run the import again.

It works beside a service that runs.

Examples:

  yuno-erasure customers import --account 493e9374-510a-4201-9e09-de669d75f256 customers.jsonl
  zcat customers.jsonl.gz | yuno-erasure customers import --account 493e9374-510a-4201-9e09-de669d75f256 -

Exit status: 0 everything was imported, 1 something was not, 2 usage.`
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
	im := newImporter(store, c.Account, c.Batch, bar, stderr)
	err = im.run(ctx, in)
	bar.finish()
	printErr := c.Print(stdout, im.facts(), "%s", im.summary())
	switch {
	case err != nil:
		return err
	case printErr != nil:
		return printErr
	case im.bad > 0:
		return fmt.Errorf("%s: fix them and run the import again", command.Count(im.bad, "bad line", "bad lines"))
	case im.imported+im.erasedBefore == 0:
		return fmt.Errorf("%s: contains no customer", c.File)
	}
	return nil
}

// openFile opens the file or standard input, whose size is unknown: -1.
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
		_ = file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}
