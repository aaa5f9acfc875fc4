package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
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
	im := importer{
		store: store, account: c.Account, batch: c.Batch, bar: bar, problems: stderr,
		seen: map[uint64]int{}, seed: maphash.MakeSeed(),
	}
	err = im.run(ctx, in)
	bar.finish()
	sayErr := c.say(stdout, map[string]any{"imported": im.imported, "without_providers": im.alone, "erased_before": im.erased, "bad": im.bad, "left": im.left},
		"%s", im.summary())
	switch {
	case err != nil:
		return err
	case sayErr != nil:
		return sayErr
	case im.bad > 0:
		return fmt.Errorf("%s: mend and run the import again", counted(im.bad, "bad line", "bad lines"))
	case im.imported+im.erased == 0:
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
	alone               int // imported, and known to no provider
	erased              int // before, and so left out

	seen map[uint64]int // lines by a hash of their id: some 30 bytes for each
	seed maphash.Seed
}

func (im *importer) summary() string {
	text := counted(im.imported, "customer", "customers") + " imported"
	if im.alone > 0 {
		text += fmt.Sprintf(" (%d of them known to no provider)", im.alone)
	}
	if im.erased > 0 {
		text += fmt.Sprintf(", %d erased before and left out", im.erased)
	}
	return text + fmt.Sprintf(", %s, %s not imported because a line of their batch is bad",
		counted(im.bad, "bad line", "bad lines"), counted(im.left, "line", "lines"))
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
		if err == nil {
			err = im.check(customer.ID, line)
		}
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

// check refuses an id that the client or delete would refuse, since whoever cannot
// be erased must not be imported; and one that an earlier line had, since the later
// record would replace the earlier, and the providers in that would never be asked.
func (im *importer) check(id string, line int) error {
	if client.CheckCustomerID(id) != nil || bulk.CheckID(id) != nil {
		return errors.New("id is not one that can be erased: white space, quotes, brackets and any of ,;@/\\%?# have no place in it")
	}
	key := maphash.String(im.seed, id)
	if first, ok := im.seen[key]; ok {
		return fmt.Errorf("id stood in line %d: all providers of a customer belong in one line", first)
	}
	im.seen[key] = line
	return nil
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
	for len(records) > 0 {
		err := im.store.Import(ctx, im.account, records)
		var problem *erasure.ImportError
		switch {
		case err == nil:
			im.count(records)
			return nil
		case !errors.As(err, &problem):
			return noSuchAccount(err, im.account)
		}
		erased := map[int]bool{}
		for _, reason := range reasons(err) {
			switch {
			case !errors.As(reason, &problem): // of the store there is no other
			case errors.Is(problem.Err, erasure.ErrErased):
				erased[problem.Index] = true
			default:
				im.complain(lines[problem.Index], problem.Err)
			}
		}
		if im.badInBatch > 0 {
			im.left += len(records) - im.badInBatch
			im.badInBatch = 0
			return nil
		}
		im.erased += len(erased)
		records, lines = without(records, erased), without(lines, erased)
	}
	return nil
}

func (im *importer) count(records []erasure.Customer) {
	im.imported += len(records)
	for i := range records {
		if len(records[i].Connections) == 0 {
			im.alone++
		}
	}
}

// without returns the elements whose indices are not among those given.
func without[E any](all []E, indices map[int]bool) []E {
	var left []E
	for i := range all {
		if !indices[i] {
			left = append(left, all[i])
		}
	}
	return left
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
