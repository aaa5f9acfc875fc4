package survey

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// Question is what a survey asks about each id.
type Question string

// The questions.
const (
	LookUp       Question = "look-up"      // which customer has this id of the merchant?
	Verification Question = "verification" // what is left of this customer?
)

// Options say where the results of a survey are kept, and whom it asks. All fields but
// Resume, Keep and Settled are required.
type Options struct {
	Journal  string // the path of the journal
	Question Question
	// AccountCode and BaseURL are where requests are sent. The journal is tied to them.
	AccountCode string
	BaseURL     string
	// Resume uses the results that the journal has. Without it the journal must not exist
	// yet. A journal that does not exist is never an error.
	Resume bool
	// Keep, if set, reports whether a result of an earlier run is still good. The ids of
	// others are asked about again, as are those of every result that is Unknown.
	Keep func(Result) bool
	// Settled, if set, calls yield with customers whose look-ups are good although Keep
	// returns false: a deletion has already used them.
	Settled func(ctx context.Context, yield func(customerID string) error) error
}

func (o Options) header(l *List) header {
	return header{
		Version: journalVersion, Question: o.Question, AccountCode: o.AccountCode, BaseURL: o.BaseURL,
		ListSHA256: l.digest, Started: time.Now().UTC(),
	}
}

func (o Options) keep(r Result) bool { return r.Outcome != Unknown && (o.Keep == nil || o.Keep(r)) }

// Open creates the journal of a survey, or opens it to go on, and locks it. It sends
// nothing. The caller must call [Survey.Close].
//
// A [*bulk.JournalError] says why the journal cannot be used: it exists already, another
// run has it locked, it belongs to another question, account or environment, or it is
// damaged.
func Open(ctx context.Context, l *List, o Options) (*Survey, error) {
	s := &Survey{list: l, counts: map[Outcome]int{}}
	file, lock, err := openLocked(o.Journal)
	if err != nil {
		return nil, err
	}
	replaced := false
	if journalfile.NeverStarted(file) {
		s.first, err = begin(file, o.header(l))
	} else {
		replaced, err = s.resume(ctx, file, o)
	}
	if replaced {
		if err = errors.Join(file.Close(), lock.Unlock()); err != nil {
			return nil, err
		}
		if file, lock, err = openLocked(o.Journal); err != nil {
			return nil, err
		}
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekEnd)
	}
	if err != nil {
		_ = errors.Join(file.Close(), lock.Unlock()) // nothing was written
		return nil, err
	}
	s.journal = newJournal(file, lock)
	return s, nil
}

// begin writes the header of a new journal, and makes it durable.
func begin(file *os.File, h header) (first int64, err error) {
	line := h.line()
	if err = errors.Join(file.Truncate(0), file.Chmod(0o600)); err == nil {
		_, err = file.Write(line)
	}
	if err == nil {
		err = errors.Join(file.Sync(), journalfile.SyncFolder(file.Name()))
	}
	return int64(len(line)), err
}

// resume takes over the results of an earlier run, and reports whether it has replaced the
// file because some of them are not good any more.
func (s *Survey) resume(ctx context.Context, file *os.File, o Options) (replaced bool, err error) {
	if !o.Resume {
		return false, &bulk.JournalError{
			Path: o.Journal, Reason: "already exists, apparently from an earlier run",
			Hint: "--resume to continue that run; to start from scratch, move the file away",
		}
	}
	h, first, err := readHeader(file)
	if err == nil {
		err = h.check(o.Journal, o.header(s.list))
	}
	if err != nil {
		return false, err
	}
	s.first = first
	kept, whole, err := s.join(ctx, file, o)
	switch {
	case err != nil:
		return false, err
	case whole && h.ListSHA256 == s.list.digest:
		_, err = readResults(file, first, func(r Result) error { s.counts[r.Outcome]++; return nil })
		return false, err
	}
	err = s.replace(file, kept, o.header(s.list), h.ListSHA256 == s.list.digest)
	return err == nil, err
}

// join compares the results of a journal with the list. It returns the numbers of the
// results to keep, and whether these are all that the file contains.
func (s *Survey) join(ctx context.Context, file *os.File, o Options) (kept bits, whole bool, err error) {
	good, lines, err := s.goodResults(ctx, file, o)
	if err != nil {
		return bits{}, false, err
	}
	err = s.list.ids.each(ctx, func(values []uint64) {
		latest := values[len(values)-1]
		if values[0]&isResult != 0 || latest&isResult == 0 { // not in the list, or without a result
			return
		}
		if k := int(latest &^ isResult); good.has(k) { //nolint:gosec // the number of a result
			kept.add(k)
			s.done++
			s.list.skip.add(int(values[0])) //nolint:gosec // the number of a record
		}
	})
	return kept, s.done == lines, err
}

// goodResults adds the ids of the results to the index of the list, and returns which of
// the results are good and how many lines the journal has.
func (s *Survey) goodResults(ctx context.Context, file *os.File, o Options) (good bits, lines int, err error) {
	var customers index // of look-ups that may be good all the same
	defer customers.close()
	results := uint64(0)
	lines, err = readResults(file, s.first, func(r Result) error {
		err := errors.Join(s.list.ids.add(r.ID, results|isResult), ctx.Err())
		switch {
		case o.keep(r):
			good.add(int(results)) //nolint:gosec // it counts up from 0
		case r.Outcome == Found && o.Settled != nil:
			err = errors.Join(err, customers.add(r.CustomerID, results))
		}
		results++
		return err
	})
	if err != nil || customers.empty() {
		return good, lines, err
	}
	if err := o.Settled(ctx, func(id string) error { return customers.add(id, isResult) }); err != nil {
		return bits{}, 0, err
	}
	err = customers.each(ctx, func(values []uint64) {
		if values[len(values)-1] != isResult {
			return
		}
		for _, k := range values {
			if k != isResult {
				good.add(int(k)) //nolint:gosec // the number of a result
			}
		}
	})
	return good, lines, err
}

// replace writes the results to keep into a new file, which takes the place of the old
// one. Line numbers of another list are left out.
func (s *Survey) replace(old *os.File, kept bits, h header, sameList bool) error {
	path := old.Name() + ".new"
	_ = os.Remove(path) // of a run that was killed while it did this
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 64<<10)
	_, _ = out.Write(h.line()) // Flush returns its error
	n := 0
	_, err = readResults(old, s.first, func(r Result) error {
		n++
		if !kept.has(n - 1) {
			return nil
		}
		if !sameList {
			r.Line = 0
		}
		s.counts[r.Outcome]++
		_, err := out.Write(r.appendTo(nil))
		return err
	})
	err = errors.Join(err, out.Flush())
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(path, old.Name())
	}
	if err != nil {
		_ = os.Remove(path)
		return err
	}
	s.first = int64(len(h.line()))
	return journalfile.SyncFolder(path)
}

func openLocked(path string) (*os.File, *flock.Flock, error) {
	file, err := openFile(path)
	if err != nil {
		return nil, nil, err
	}
	lock := journalfile.Lock(path, file)
	if lock == nil {
		_ = file.Close()
		return nil, nil, &bulk.JournalError{Path: path, Reason: "is in use by another run", Hint: "wait until that run has ended"}
	}
	return file, lock, nil
}

func openFile(path string) (*os.File, error) {
	file, err := ownfile.Open(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, unreadable(path, err, "another name")
	}
	return file, nil
}

// unreadable returns the error for a journal that cannot be opened.
func unreadable(path string, err error, hint string) error {
	if failure := (*fs.PathError)(nil); errors.As(err, &failure) {
		err = failure.Err
	}
	return &bulk.JournalError{Path: path, Reason: err.Error(), Hint: hint}
}
