package bulk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

// JournalFacts are what a journal says of the run that it records.
type JournalFacts struct {
	AccountCode string
	BaseURL     string
	Records     int // of the list, the invalid ones and the duplicates included
	Started     time.Time
}

// ReadJournal returns what a journal says of its run. A [*JournalError] says why that
// cannot be read, or that the journal records nothing yet.
func ReadJournal(path string) (JournalFacts, error) {
	j, _, err := openToRead(path)
	if err != nil {
		return JournalFacts{}, err
	}
	defer j.file.Close()
	return JournalFacts{j.header.AccountCode, j.header.BaseURL, j.header.Records, j.header.Started}, nil
}

// ReadResults calls yield once with the final result of every record that has one, as
// [Job.Results] does, without the list. It changes nothing, and another run may have the
// journal open: then it reads what was recorded when it began. What a run that was
// killed had under way is [MaybeDeleted]. Memory is a byte and a bit per record.
//
// ReadResults returns the errors of [ReadJournal], a [*JournalError] for a journal that
// is damaged, ctx's error if ctx ends, and the first error of yield.
func ReadResults(ctx context.Context, path string, yield func(Result) error) error {
	j, start, err := openToRead(path)
	if err != nil {
		return err
	}
	defer j.file.Close()
	end, err := j.replayEntries(ctx, start)
	if err != nil {
		return err
	}
	return j.resultsUntil(end, func(r Result) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return yield(r)
	})
}

// openToRead opens a journal without its list and without locking it. It returns the
// offset at which the header ends. The caller closes the file.
func openToRead(path string) (j *journal, start int64, err error) {
	const hint = "the journal of a run"
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, 0, &JournalError{path, "does not exist", hint}
	}
	file, err := openFile(path, os.O_RDONLY)
	if err != nil {
		return nil, 0, err
	}
	j = &journal{path: path, file: file}
	if journalfile.NeverStarted(file) {
		err = j.reject("records no run: nothing was sent", hint)
	} else {
		j.header, start, err = j.readHeader()
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	j.list, j.limit = &List{Records: j.header.Records}, j.header.Records+j.header.Unlisted
	return j, start, nil
}
