package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

type customersImportCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Account              string `required:"" help:"Code of the account that the customers belong to." placeholder:"UUID"`
	File                 string `arg:"" help:"JSONL file, which may be compressed with gzip; - for standard input."`
	Providers            string `help:"YAML file of serve --providers: a record with a provider that it does not name is a bad line. Secrets are not read." placeholder:"FILE" env:"YUNO_ERASURE_PROVIDERS" type:"existingfile"`
	Batch                int    `help:"Records per transaction: all of them are imported, or none." default:"500"`
	Quiet                bool   `help:"Show no progress."`
}

// Help is shown by customers import --help.
func (customersImportCommand) Help() string {
	return `Each line is a JSON object: Yuno's customer object, plus the ids by which each payment provider knows the customer. "provider" is a name from the file for serve --providers:

  {"id": "...", "merchant_customer_id": "...", "email": "...", "providers": [{"provider": "stripe", "customer": "cus_1", "tokens": [], "payments": []}]}

An existing customer is replaced. A customer that was erased stays erased: its line is skipped. A second line with the same id is a bad line, and so is one that could mean two things: a key that is duplicated or in another case, text that is not UTF-8. A bad line is reported with its number and the reason, without its data; its batch is not imported, and the import continues with the next batch. Fix the lines and run the import again.

It works beside a service that runs.

Examples:

  yuno-erasure customers import --account 493e9374-510a-4201-9e09-de669d75f256 customers.jsonl
  yuno-erasure customers import --account 493e9374-510a-4201-9e09-de669d75f256 --providers providers.yaml customers.jsonl.gz

Exit status: 0 everything was imported, 1 something was not, 2 usage.`
}

// Validate is called by the parser.
func (c *customersImportCommand) Validate() error {
	return cmp.Or(command.Within("--batch", c.Batch, 1, 10_000), c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run imports the file.
func (c *customersImportCommand) Run(ctx context.Context, stdin command.Stdin, stdout io.Writer, stderr command.Stderr) error {
	command.OutliveReaders()
	in, size, err := c.openFile(ctx, stdin)
	if err != nil {
		return err
	}
	defer in.Close()
	names, err := c.connectionNames()
	if err != nil {
		return err
	}
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := checkAccount(ctx, store, c.Account); err != nil {
		return err
	}
	bar := newProgress(stderr, size, c.Quiet)
	im := &importer{
		store: store, account: c.Account, batchSize: c.Batch, name: c.name(), providers: names, bar: bar, problems: stderr,
	}
	text, err := textOf(bar.reading(in), im.name)
	if err == nil {
		err = im.run(c.Acting(ctx, ""), text)
	}
	bar.finish()
	if usage := (*command.UsageError)(nil); errors.As(err, &usage) {
		return err // nothing was imported
	}
	printErr := command.UnlessUnread(c.Print(stdout, im.facts(), "%s", im.summary()))
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

// name returns the name of the file, for messages.
func (c *customersImportCommand) name() string {
	if c.File == "-" {
		return "standard input"
	}
	return c.File
}

// connectionNames returns the names in the file of --providers, or nil without one.
func (c *customersImportCommand) connectionNames() (map[string]bool, error) {
	if c.Providers == "" {
		return nil, nil
	}
	list, err := provider.Names(c.Providers)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(list))
	for _, name := range list {
		names[name] = true
	}
	return names, nil
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
