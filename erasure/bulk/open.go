package bulk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// header is the first line of a journal. It ties the journal to one list, account and
// environment: resuming it in another one would erase other people.
type header struct {
	Version     int       `json:"version"`
	InputSHA256 string    `json:"input_sha256"`
	Records     int       `json:"records"`
	Unlisted    int       `json:"unlisted,omitempty"` // ids after the records: they were in the list before
	AccountCode string    `json:"account_code"`
	BaseURL     string    `json:"base_url"`
	Format      Format    `json:"format"`
	Started     time.Time `json:"started"`
}

const journalVersion = 3

func headerOf(l *List, o Options) header {
	return header{
		Version: journalVersion, InputSHA256: l.SHA256, Records: l.Records,
		AccountCode: o.AccountCode, BaseURL: o.BaseURL, Format: l.format,
	}
}

// JournalError says why a journal cannot be created, read or resumed.
type JournalError struct {
	Path   string
	Reason string
	Hint   string // what to do about it, to follow "Try: "
}

func (e *JournalError) Error() string { return "journal " + e.Path + ": " + e.Reason }

// createJournal creates a journal. An existing file is an error, since it may record a
// run that has to be resumed; unless that run ended before it had written the header,
// and so before it had sent anything.
func createJournal(_ context.Context, l *List, o Options) (*journal, error) {
	j, err := openJournal(os.O_CREATE, l, o)
	if err != nil {
		return nil, err
	}
	if !journalfile.NeverStarted(j.file) {
		_ = j.release()
		return nil, &JournalError{o.Journal, "already exists, apparently from an earlier run", "--resume to continue that run; to start from scratch, move the file away"}
	}
	return j, nil
}

// resumeJournal opens the journal of an earlier run and applies it to the states of
// the list. It removes a last line that a crash cut off.
func resumeJournal(ctx context.Context, l *List, o Options) (*journal, error) {
	j, err := openJournal(0, l, o)
	if err != nil || journalfile.NeverStarted(j.file) {
		return j, err
	}
	end, err := j.replay(ctx)
	if err == nil {
		err = j.file.Truncate(end)
	}
	if err == nil {
		j.end, err = j.file.Seek(end, io.SeekStart)
	}
	if err != nil {
		_ = j.release()
		return nil, err
	}
	return j, nil
}

// readJournal applies a journal to the states of the list, as resumeJournal does and
// with the same errors, but leaves the file alone, and returns how the list has changed.
// Another run may have it open.
func readJournal(ctx context.Context, l *List, o Options) (Changes, error) {
	file, err := openFile(o.Journal, os.O_RDONLY)
	if err != nil {
		return Changes{}, err
	}
	defer file.Close()
	if journalfile.NeverStarted(file) {
		return Changes{}, nil
	}
	j := &journal{path: o.Journal, file: file, list: l, header: headerOf(l, o)}
	defer j.forget()
	_, err = j.replay(ctx)
	return j.changes, err
}

func openJournal(flags int, l *List, o Options) (*journal, error) {
	file, err := openFile(o.Journal, os.O_RDWR|flags)
	if err != nil {
		return nil, err
	}
	lock := journalfile.Lock(o.Journal, file)
	if lock == nil {
		_ = file.Close()
		return nil, &JournalError{o.Journal, "is in use by another run", "wait until that run has ended"}
	}
	j := &journal{
		path: o.Journal, lock: lock, file: file, list: l, header: headerOf(l, o),
		writing: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go j.syncPeriodically()
	return j, nil
}

func openFile(path string, flags int) (*os.File, error) {
	file, err := ownfile.Open(path, flags)
	var failure *fs.PathError
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, fs.ErrNotExist) && flags&os.O_CREATE == 0:
		return nil, &JournalError{path, "does not exist: there is no run to resume", "the same command without --resume"}
	case errors.As(err, &failure):
		err = failure.Err
	}
	return nil, &JournalError{path, err.Error(), "--journal FILE"}
}
