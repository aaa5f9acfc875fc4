package bulk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/yuno-community/yuno-customers/internal/strictjson"
)

// maxRecords bounds what the header of a journal may say: the memory of reading it
// depends on that.
const maxRecords = 1<<31 - 1

// readHeader returns the header of the journal, and the offset at which it ends.
func (j *journal) readHeader() (got header, end int64, err error) {
	reader := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, math.MaxInt64), 64<<10)
	line, err := reader.ReadSlice('\n')
	if err != nil || json.Unmarshal(line, &got) != nil || got.Version == 0 || len(strictjson.Find(line, 1)) > 0 {
		return header{}, 0, j.reject("is not a journal of this program", "--journal FILE")
	}
	if got.Version != journalVersion {
		return header{}, 0, j.reject(fmt.Sprintf("was written by another version of this program (its format is %d, not %d)", got.Version, journalVersion), "that version")
	}
	if got.Records < 0 || got.Records > maxRecords {
		return header{}, 0, j.reject("is damaged at its beginning", "another --journal to start from scratch, and keep this file")
	}
	return got, int64(len(line)), nil
}

// replay applies the journal to the states of the list, and returns the offset at
// which its last complete line ends.
func (j *journal) replay(ctx context.Context) (end int64, err error) {
	got, end, err := j.readHeader()
	if err == nil {
		err = j.checkHeader(got)
	}
	if err != nil {
		return 0, err
	}
	return j.replayEntries(ctx, end)
}

// replayEntries is replay from the end of the header.
func (j *journal) replayEntries(ctx context.Context, from int64) (end int64, err error) {
	end = from
	j.runs = []int64{end}
	err = j.entries(end, math.MaxInt64, func(e entry, at int64) error {
		if e.Event == eventResumed {
			j.runs = append(j.runs, at)
		} else {
			s := j.list.states.at(e.N)
			*s = s.after(e)
		}
		end = at
		return ctx.Err()
	})
	return end, err
}

// checkHeader rejects the journal of another list, account or environment.
func (j *journal) checkHeader(got header) error {
	const ownJournal = "--journal FILE for a run of its own"
	switch want := j.header; {
	case got.AccountCode != want.AccountCode:
		return j.reject(fmt.Sprintf("belongs to another account (%s, not %s)", got.AccountCode, want.AccountCode), ownJournal)
	case got.BaseURL != want.BaseURL:
		return j.reject(fmt.Sprintf("belongs to another environment (%s, not %s)", got.BaseURL, want.BaseURL), ownJournal)
	case got.InputSHA256 != want.InputSHA256:
		return j.reject("the list has changed since the run started", "a separate file for new ids")
	case got.Format != want.Format:
		return j.reject("was started with another --column or --field", "the same one")
	}
	return nil
}

func (j *journal) reject(reason, hint string) error {
	return &JournalError{j.file.Name(), reason, hint}
}

// results calls yield once with the final result of each record that has one.
//
// Within a run a record has at most one result, so the last run that has one decides.
// Reading runs from the last to the first, each in its order, finds it with a bit per
// record: the first result seen of a record is the final one.
func (j *journal) results(yield func(Result) error) error {
	_ = j.sync() // what is not in the file then is in j.buf
	return j.resultsUntil(math.MaxInt64, yield)
}

// resultsUntil is results of the part of the file before an offset.
func (j *journal) resultsUntil(to int64, yield func(Result) error) error {
	var seen bits
	for i := len(j.runs) - 1; i >= 0; i-- {
		err := j.entries(j.runs[i], to, func(e entry, _ int64) error {
			result, ok := finalResult(e, *j.list.states.at(e.N))
			if !ok || !seen.add(e.N) {
				return nil
			}
			return yield(result)
		})
		if err != nil {
			return err
		}
		to = j.runs[i]
	}
	return nil
}

// finalResult returns the result that a line of the journal stands for, given the
// final state of its record.
func finalResult(e entry, s state) (Result, bool) {
	switch {
	case e.Event == eventSending && s == sending:
		e.Outcome, e.Code = MaybeDeleted, codeUnknown
		return e.Result, true
	case e.Event == eventOutcome && s != sending:
		if s == retrying { // the attempt after this outcome may have been accepted
			e.Outcome = MaybeDeleted
		}
		return e.Result, true
	}
	return Result{}, false
}

// entries calls yield with the lines of a part of the journal, and the offsets at which
// they end. It skips two kinds of line that a crash leaves: one without its line end
// was cut off, and one with zeros in it was not on disk yet (after a power cut, a file
// system may have zeros for parts of the last write). What such a line announced was
// not sent, because it was never synced; an outcome in it is asked for again.
func (j *journal) entries(from, to int64, yield func(e entry, at int64) error) error {
	reader := bufio.NewReaderSize(j.section(from, to), 64<<10)
	at := from
	for {
		line, err := readLine(reader)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start := at
		at += int64(len(line))
		if bytes.IndexByte(line, 0) >= 0 {
			continue
		}
		e, err := parseEntry(line, j.list.Records)
		if err != nil {
			return j.reject(fmt.Sprintf("%v at byte %d: what was done after that is unknown", err, start), "another --journal to start from scratch, and keep this file")
		}
		if err := yield(e, at); err != nil {
			return err
		}
	}
}

// section reads a part of the journal. After an error of writing, what follows the last
// sync is in memory.
func (j *journal) section(from, to int64) io.Reader {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil || to <= j.end {
		return io.NewSectionReader(j.file, from, to-from)
	}
	return io.MultiReader(io.NewSectionReader(j.file, from, j.end-from), bytes.NewReader(j.buf))
}

// readLine reads a whole line, which is valid until the next one is read. It may be
// longer than the reader's buffer.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte(nil), line...)
	rest, err := reader.ReadBytes('\n')
	return append(long, rest...), err
}
