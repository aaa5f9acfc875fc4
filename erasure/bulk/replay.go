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

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
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
	if got.Records < 0 || got.Unlisted < 0 || got.Records > maxRecords || got.Unlisted > maxRecords-got.Records {
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
	j.limit, j.header.Started, j.header.Unlisted = got.Records+got.Unlisted, got.Started, got.Unlisted
	if got.InputSHA256 != j.header.InputSHA256 || got.Format != j.header.Format {
		if err := j.compare(ctx, got, end); err != nil {
			return 0, err
		}
	}
	if end, err = j.replayEntries(ctx, end); j.runs == nil { // a run that was killed while it wrote the head
		j.forget()
	} else if j.compared != nil && err == nil {
		j.changes = j.compared.result()
	}
	return end, err
}

// forget drops the comparison with another list.
func (j *journal) forget() {
	j.moved.close()
	j.moved, j.compared = nil, nil
}

// replayEntries is replay from the end of the header.
func (j *journal) replayEntries(ctx context.Context, from int64) (end int64, err error) {
	end = from
	err = j.entries(from, math.MaxInt64, func(e entry, at int64) error {
		if j.runs == nil && e.Event != eventListed {
			j.runs = []int64{from}
		}
		if e.ofRecord() {
			s := j.list.states.at(e.N)
			*s = s.after(e)
		} else if e.Event != eventListed {
			j.runs = append(j.runs, at)
		}
		end = at
		return ctx.Err()
	})
	return end, err
}

// checkHeader rejects the journal of another account or environment.
func (j *journal) checkHeader(got header) error {
	const ownJournal = "--journal FILE for a run of its own"
	switch want := j.header; {
	case got.AccountCode != want.AccountCode:
		return j.reject(fmt.Sprintf("belongs to another account (%s, not %s)", got.AccountCode, want.AccountCode), ownJournal)
	case got.BaseURL != want.BaseURL:
		return j.reject(fmt.Sprintf("belongs to another environment (%s, not %s)", got.BaseURL, want.BaseURL), ownJournal)
	}
	return nil
}

func (j *journal) reject(reason, hint string) error {
	return &JournalError{j.path, reason, hint}
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
	return j.finals(to, func(e entry, s state) error { return yield(finalResult(e, s)) })
}

// finals calls yield with the line that decides about each record that has a result, and
// with the record's state.
func (j *journal) finals(to int64, yield func(entry, state) error) error {
	var seen bits
	for i := len(j.runs) - 1; i >= 0; i-- {
		err := j.entries(j.runs[i], to, func(e entry, _ int64) error {
			if !e.ofRecord() {
				return nil
			}
			s := *j.list.states.at(e.N)
			decides := e.Event == eventOutcome || e.Event == eventSending && s == sending // without any outcome
			if !decides || !seen.add(e.N) {
				return nil
			}
			return yield(e, s)
		})
		if err != nil {
			return err
		}
		to = j.runs[i]
	}
	return nil
}

// finalResult returns the result that the line that decides about a record stands for,
// given the record's state.
func finalResult(e entry, s state) Result {
	switch {
	case e.Event == eventSending:
		e.Outcome, e.Code = MaybeDeleted, CodeNoResponse
	case s == retrying: // the attempt after this outcome may have been accepted
		e.Outcome = MaybeDeleted
	}
	return e.Result
}

// entries calls yield with the lines of a part of the journal, and the offsets at which
// they end. It skips two kinds of line that a crash leaves: one without its line end
// was cut off, and one with zeros in it was not on disk yet (after a power cut, a file
// system may have zeros for parts of the last write). What such a line announced was
// not sent, because it was never synced; an outcome in it is asked for again. In the
// journal of another list it skips what is about no id.
func (j *journal) entries(from, to int64, yield func(e entry, at int64) error) error {
	reader := bufio.NewReaderSize(j.section(from, to), 64<<10)
	at := from
	for {
		line, err := journalfile.ReadLine(reader)
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
		e, err := parseEntry(line, j.limit)
		if err != nil {
			return j.reject(fmt.Sprintf("%v at byte %d: what was done after that is unknown", err, start), "another --journal to start from scratch, and keep this file")
		}
		known, err := j.move(&e)
		if err == nil && known {
			err = yield(e, at)
		}
		if err != nil {
			return err
		}
	}
}

// move gives an entry of the journal of another list the number of its record in this
// list, and reports whether it has one. Records without a valid id have none.
func (j *journal) move(e *entry) (known bool, err error) {
	if j.moved == nil || !e.ofRecord() {
		return true, nil
	}
	now, known, err := j.moved.of(e.N)
	e.N, e.Line = now.n, now.line
	return known, err
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
