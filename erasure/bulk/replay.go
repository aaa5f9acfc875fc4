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
)

// replay reads the journal into the census, and returns where its last whole line
// ends.
func (j *Journal) replay(ctx context.Context) (end int64, err error) {
	reader := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, math.MaxInt64), 64<<10)
	line, err := reader.ReadSlice('\n')
	var got Header
	if err != nil || json.Unmarshal(line, &got) != nil || got.Version == 0 {
		return 0, j.refuse("not a journal of this program", "--journal FILE")
	}
	if got.Version != journalVersion {
		return 0, j.refuse(fmt.Sprintf("is of another version of this program (%d, and not %d)", got.Version, journalVersion), "that version of it")
	}
	switch want := j.header; {
	case got.AccountCode != want.AccountCode:
		return 0, j.refuse(fmt.Sprintf("belongs to another account (%s, and not %s)", got.AccountCode, want.AccountCode), "--journal FILE for a run of its own")
	case got.BaseURL != want.BaseURL:
		return 0, j.refuse(fmt.Sprintf("belongs to another environment (%s, and not %s)", got.BaseURL, want.BaseURL), "--journal FILE for a run of its own")
	case got.InputSHA256 != want.InputSHA256:
		return 0, j.refuse("the list has changed since the journal began", "erasing new ids with a file of their own")
	case got.Format != want.Format:
		return 0, j.refuse("was begun with another --column or --field", "the same one")
	}
	end = int64(len(line))
	j.runs = []int64{end}
	err = j.entries(end, math.MaxInt64, func(e entry, at int64) error {
		if e.Event == eventResumed {
			j.runs = append(j.runs, at)
		} else {
			s := j.census.states.at(e.N)
			*s = s.after(e)
		}
		end = at
		return ctx.Err()
	})
	return end, err
}

func (j *Journal) refuse(reason, hint string) error {
	return &JournalError{j.file.Name(), reason, hint}
}

// Results calls yield once with each record that has a result, those included that
// may have been sent by a run that was killed. It is called between runs: nothing
// may be noted meanwhile.
//
// A run has one result for a record at most, so the last run that has one has the
// last word. Runs are therefore read from the last to the first, each in its order:
// what an earlier run settled follows what the last one did.
func (j *Journal) Results(yield func(Result) error) error {
	if err := j.sync(); err != nil {
		return err
	}
	done := newBits(j.census.Records)
	to := int64(math.MaxInt64)
	for i := len(j.runs) - 1; i >= 0; i-- {
		err := j.entries(j.runs[i], to, func(e entry, _ int64) error {
			result, ok := lastWord(e, *j.census.states.at(e.N))
			if !ok || !done.add(e.N) {
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

// lastWord is the result that a line of the journal stands for, given what is known
// of its record in the end.
func lastWord(e entry, s state) (Result, bool) {
	switch {
	case e.Event == eventSending && s == sending:
		e.Outcome, e.Code = MaybeDeleted, codeUnknown
		return e.Result, true
	case e.Event == eventOutcome && s != sending:
		if s == retrying { // and that again may have been accepted
			e.Outcome = MaybeDeleted
		}
		return e.Result, true
	}
	return Result{}, false
}

// entries calls yield with the lines of a part of the journal, and where they end.
// A line without its end was cut off by a crash: it is none. Nor is one with zeros
// in it: a file system leaves them, after a power cut, for parts of the last write
// that were not on disk yet. Nothing that such a part said was about to be sent was
// sent, and the outcomes in it are asked for again.
func (j *Journal) entries(from, to int64, yield func(e entry, at int64) error) error {
	reader := bufio.NewReaderSize(io.NewSectionReader(j.file, from, to-from), 64<<10)
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
		e, err := parseEntry(line, j.census.Records)
		if err != nil {
			return j.refuse(fmt.Sprintf("byte %d: %v: what was done after it cannot be told", start, err), "keeping the file, and beginning anew with another --journal")
		}
		if err := yield(e, at); err != nil {
			return err
		}
	}
}

// readLine reads a whole line, which is valid until the next is read. Ids of the
// input can be long, if they are none.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte(nil), line...)
	rest, err := reader.ReadBytes('\n')
	return append(long, rest...), err
}
