package admin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

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
	text := command.Count(im.imported, "customer", "customers") + " imported"
	if im.alone > 0 {
		text += fmt.Sprintf(" (%d of them known to no provider)", im.alone)
	}
	if im.erased > 0 {
		text += fmt.Sprintf(", %d erased before and left out", im.erased)
	}
	return text + fmt.Sprintf(", %s, %s not imported because a line of their batch is bad",
		command.Count(im.bad, "bad line", "bad lines"), command.Count(im.left, "line", "lines"))
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

// trimBOM removes the byte order mark that some programs put in front of UTF-8.
func trimBOM(line []byte) []byte { return bytes.TrimPrefix(line, []byte("\ufeff")) }

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }
