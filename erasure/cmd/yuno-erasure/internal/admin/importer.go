package admin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// maxLine is the longest line that an import reads, in bytes.
const maxLine = 256 << 10

// importer imports lines in batches, and counts what happened to them.
type importer struct {
	store     *sqlstore.Store
	account   string
	batchSize int
	name      string          // of the file, for messages
	providers map[string]bool // the configured ones; nil if they are not known
	bar       *progress
	problems  io.Writer

	batch batch
	// seen has the line of each id so far, by a hash of the id: some 30 bytes per id.
	seen map[uint64]int
	seed maphash.Seed

	imported         int
	withoutProviders int // part of imported
	erasedBefore     int // not imported, because an erased customer stays erased
	bad              int // lines with a mistake
	skipped          int // good lines in a batch with a bad one
}

// batch is what is imported in one transaction.
type batch struct {
	customers []erasure.Customer
	lines     []int // of customers
	bad       int   // bad lines
}

func (im *importer) facts() map[string]any {
	return map[string]any{
		"imported": im.imported, "without_providers": im.withoutProviders,
		"erased_before": im.erasedBefore, "bad": im.bad, "left": im.skipped,
	}
}

func (im *importer) summary() string {
	text := command.Count(im.imported, "customer", "customers") + " imported"
	if im.withoutProviders > 0 {
		text += fmt.Sprintf(" (%d of them without providers)", im.withoutProviders)
	}
	if im.erasedBefore > 0 {
		text += fmt.Sprintf(", %d skipped because they were erased before", im.erasedBefore)
	}
	return text + fmt.Sprintf(", %s, %s not imported because of a bad line in the same batch",
		command.Count(im.bad, "bad line", "bad lines"), command.Count(im.skipped, "line", "lines"))
}

// run imports all lines. It returns an error if it could not go on; bad lines are
// counted only.
func (im *importer) run(ctx context.Context, in io.Reader) error {
	im.seen, im.seed = map[uint64]int{}, maphash.MakeSeed()
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	line, first := 0, true
	for scanner.Scan() && scanner.Err() == nil { // an error of reading ends a line, too
		line++
		text := scanner.Bytes()
		if line == 1 {
			text = trimBOM(text)
		}
		if isBlank(text) {
			continue
		}
		if first {
			if err := checkFirst(im.name, line, text); err != nil {
				return err
			}
			first = false
		}
		im.add(line, text)
		if len(im.batch.customers)+im.batch.bad == im.batchSize {
			if err := im.flush(ctx); err != nil {
				return err
			}
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		im.reject(line+1, fmt.Errorf("is longer than %d KiB; nothing after it was read", maxLine>>10))
		im.batch.bad++
	case err != nil:
		return fmt.Errorf("%s:%d: %w", im.name, line+1, err)
	}
	return im.flush(ctx)
}

// add adds a line to the batch, or rejects it.
func (im *importer) add(line int, text []byte) {
	customer, err := erasure.ParseCustomer(text)
	if err == nil {
		err = errors.Join(im.checkID(customer.ID, line), im.checkProviders(customer.Connections))
	}
	if err != nil {
		im.reject(line, err)
		im.batch.bad++
		return
	}
	im.batch.customers = append(im.batch.customers, customer)
	im.batch.lines = append(im.batch.lines, line)
}

// checkID rejects an id that occurred before: the later line would replace the earlier,
// and the providers of the earlier would never be asked.
func (im *importer) checkID(id string, line int) error {
	key := maphash.String(im.seed, id)
	if first, ok := im.seen[key]; ok {
		return fmt.Errorf("id is the same as in line %d: all providers of a customer belong in one line", first)
	}
	im.seen[key] = line
	return nil
}

// checkProviders rejects a connection that is not configured: its target would wait for
// a person.
func (im *importer) checkProviders(connections []erasure.Connection) error {
	if im.providers == nil {
		return nil
	}
	var errs []error
	for i, c := range connections {
		if !im.providers[c.Provider] {
			errs = append(errs, fmt.Errorf("providers[%d].provider is not a connection of the --providers file", i))
		}
	}
	return errors.Join(errs...)
}

// reject counts a bad line and prints the reasons.
func (im *importer) reject(line int, err error) {
	im.bad++
	im.bar.above(func() {
		for _, reason := range splitErrors(err) {
			fmt.Fprintf(im.problems, "line %d: %v\n", line, reason)
		}
	})
}

// flush imports the batch, unless it has a bad line.
func (im *importer) flush(ctx context.Context) error {
	b := im.batch
	im.batch = batch{}
	if b.bad > 0 {
		im.skipped += len(b.customers)
		return nil
	}
	for len(b.customers) > 0 {
		err := im.store.Import(ctx, im.account, b.customers)
		var problem *erasure.ImportError
		switch {
		case err == nil:
			im.count(b.customers)
			return nil
		case !errors.As(err, &problem):
			return noSuchAccount(err, im.account)
		}
		erased, rejected := im.explain(err, b.lines)
		if rejected > 0 {
			im.skipped += len(b.customers) - rejected
			return nil
		}
		im.erasedBefore += len(erased)
		b.customers, b.lines = without(b.customers, erased), without(b.lines, erased)
	}
	return nil
}

// explain rejects the lines whose customers the store did not accept, and counts
// them. It returns the indices of customers that were erased before: their lines are
// not bad.
func (im *importer) explain(err error, lines []int) (erased map[int]bool, rejected int) {
	erased = map[int]bool{}
	for _, reason := range splitErrors(err) {
		var problem *erasure.ImportError
		switch {
		case !errors.As(reason, &problem): // the store joins no other errors
		case errors.Is(problem.Err, erasure.ErrErased):
			erased[problem.Index] = true
		default:
			im.reject(lines[problem.Index], problem.Err)
			rejected++
		}
	}
	return erased, rejected
}

func (im *importer) count(customers []erasure.Customer) {
	im.imported += len(customers)
	for i := range customers {
		if len(customers[i].Connections) == 0 {
			im.withoutProviders++
		}
	}
}

// without returns the elements whose indices are not among those given.
func without[E any](all []E, indices map[int]bool) []E {
	var rest []E
	for i := range all {
		if !indices[i] {
			rest = append(rest, all[i])
		}
	}
	return rest
}

// splitErrors takes a joined error apart.
func splitErrors(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, splitErrors(err)...)
	}
	return all
}

// trimBOM removes the byte order mark that some programs put in front of UTF-8.
func trimBOM(line []byte) []byte { return bytes.TrimPrefix(line, []byte("\ufeff")) }

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }
