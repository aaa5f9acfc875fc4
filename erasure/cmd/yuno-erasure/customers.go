package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type customersCommand struct {
	Import customersImportCommand `cmd:"" help:"Import customers from a JSONL file."`
}

// maxRecord bounds one line of an import.
const maxRecord = 256 << 10

type customersImportCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Account       string `required:"" help:"Code of the account that the customers belong to." placeholder:"UUID"`
	File          string `arg:"" help:"JSONL file; - for standard input."`
	Batch         int    `help:"Records in one transaction: all of them are imported, or none." default:"500"`
	Quiet         bool   `help:"Show no progress."`
}

// Help is shown by customers import --help.
func (customersImportCommand) Help() string {
	return `One JSON object a line: Yuno's customer object, plus what each payment provider knows the customer by:

  {"id": "...", "merchant_customer_id": "...", "email": "...", "providers": [{"provider": "stripe", "customer": "cus_1", "tokens": [], "payments": []}]}

A customer that is there already is replaced. Bad lines are reported with their number and the reason, without their data; the batch that they are in is not imported, and the import goes on with the next. Running it again imports what was mended.

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
	return c.databaseFlags.Validate()
}

// Run imports the file.
func (c *customersImportCommand) Run(ctx context.Context, stdin stdinReader, stdout io.Writer, stderr errorWriter) error {
	in, size, err := c.openFile(ctx, stdin)
	if err != nil {
		return err
	}
	defer in.Close()
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := knowsAccount(ctx, store, c.Account); err != nil {
		return err
	}
	bar := newProgress(stderr, size, c.Quiet)
	im := importer{store: store, account: c.Account, batch: c.Batch, bar: bar, problems: stderr}
	err = im.run(ctx, in)
	bar.finish()
	sayErr := c.say(stdout, map[string]any{"imported": im.imported, "bad": im.bad, "left": im.left},
		"%d customers imported, %d bad lines, %d lines not imported because a line of their batch is bad", im.imported, im.bad, im.left)
	switch {
	case err != nil:
		return err
	case sayErr != nil:
		return sayErr
	case im.bad > 0:
		return fmt.Errorf("%d bad lines: mend them and run the import again", im.bad)
	case im.imported == 0:
		return fmt.Errorf("%s: there is no customer in it", c.File)
	}
	return nil
}

func (c *customersImportCommand) openFile(ctx context.Context, stdin io.Reader) (in io.ReadCloser, size int64, err error) {
	if c.File == "-" {
		return io.NopCloser(interruptible{ctx, stdin}), -1, nil
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

// importer reads lines, and imports them batch by batch.
type importer struct {
	store    *sqlstore.Store
	account  string
	batch    int
	bar      *progress
	problems io.Writer

	records             []erasure.Customer
	lines               []int // of records
	badInBatch          int
	imported, bad, left int
}

func (im *importer) run(ctx context.Context, in io.Reader) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxRecord)
	line := 0
	for scanner.Scan() {
		line++
		text := scanner.Bytes()
		im.bar.add(len(text) + 1)
		if line == 1 {
			text = trimBOM(text)
		}
		if isBlank(text) {
			continue
		}
		customer, err := erasure.ParseCustomer(text)
		if err != nil {
			im.complain(line, err)
		} else {
			im.records, im.lines = append(im.records, customer), append(im.lines, line)
		}
		if len(im.records)+im.badInBatch == im.batch {
			if err := im.flush(ctx); err != nil {
				return err
			}
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		im.complain(line+1, fmt.Errorf("is longer than %d KiB; nothing after it was read", maxRecord>>10))
	case err != nil:
		return fmt.Errorf("reading line %d: %w", line+1, err)
	}
	return im.flush(ctx)
}

func (im *importer) complain(line int, err error) {
	im.bad++
	im.badInBatch++
	im.bar.clear()
	for _, reason := range reasons(err) {
		fmt.Fprintf(im.problems, "line %d: %v\n", line, reason)
	}
}

// flush imports the batch, unless a line of it is bad.
func (im *importer) flush(ctx context.Context) error {
	records, lines, bad := im.records, im.lines, im.badInBatch
	im.records, im.lines, im.badInBatch = nil, nil, 0
	if bad > 0 {
		im.left += len(records)
		return nil
	}
	if len(records) == 0 {
		return nil
	}
	err := im.store.Import(ctx, im.account, records)
	var problem *erasure.ImportError
	switch {
	case err == nil:
		im.imported += len(records)
		return nil
	case !errors.As(err, &problem):
		return noSuchAccount(err, im.account)
	}
	for _, reason := range reasons(err) {
		if errors.As(reason, &problem) {
			im.complain(lines[problem.Index], problem.Err)
		}
	}
	im.left += len(records) - im.badInBatch
	im.badInBatch = 0
	return nil
}

// reasons takes a joined error apart.
func reasons(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, err := range joined.Unwrap() {
			all = append(all, reasons(err)...)
		}
		return all
	}
	return []error{err}
}
