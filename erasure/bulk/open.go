package bulk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
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

const (
	journalVersion = 3
	headerStart    = `{"version":`
	// maxHeader bounds an incomplete header, in bytes. Nothing in it is long.
	maxHeader = 4 << 10
)

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
	if !neverStarted(j.file) {
		_ = j.release()
		return nil, &JournalError{o.Journal, "already exists, apparently from an earlier run", "--resume to continue that run; to start from scratch, move the file away"}
	}
	return j, nil
}

// resumeJournal opens the journal of an earlier run and applies it to the states of
// the list. It removes a last line that a crash cut off.
func resumeJournal(ctx context.Context, l *List, o Options) (*journal, error) {
	j, err := openJournal(0, l, o)
	if err != nil || neverStarted(j.file) {
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
// with the same errors, but leaves the file alone, and returns how the list has changed. Another run may have it open.
func readJournal(ctx context.Context, l *List, o Options) (Changes, error) {
	file, err := openFile(o.Journal, os.O_RDONLY)
	if err != nil {
		return Changes{}, err
	}
	defer file.Close()
	if neverStarted(file) {
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
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		// begin would truncate a device, and close would remove it.
		_ = file.Close()
		return nil, &JournalError{o.Journal, "is not a regular file", "--journal FILE"}
	}
	lock, err := lockFor(o.Journal, file)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	j := &journal{
		path: o.Journal, lock: lock, file: file, list: l, header: headerOf(l, o),
		writing: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go j.syncPeriodically()
	return j, nil
}

func openFile(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags, 0o600)
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

// lockFor locks a journal against other runs. The lock is on the name. The run that
// held it before may have removed the file that was opened here, so the name must
// still be that file's.
func lockFor(path string, opened *os.File) (*flock.Flock, error) {
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err == nil && locked {
		named, err1 := os.Stat(path)
		ours, err2 := opened.Stat()
		if err1 == nil && err2 == nil && os.SameFile(named, ours) {
			return lock, nil
		}
		_ = lock.Unlock()
	}
	return nil, &JournalError{path, "is in use by another run", "wait until that run has ended"}
}

// neverStarted reports whether a file is a journal without a complete header: empty,
// cut off, or nothing but zeros. A power cut, or a kill at the right moment, leaves that.
func neverStarted(file io.ReaderAt) bool {
	start := make([]byte, maxHeader)
	n, err := file.ReadAt(start, 0)
	start = start[:n]
	if !errors.Is(err, io.EOF) || bytes.Contains(start, []byte("\n")) {
		return false
	}
	start = bytes.TrimRight(start, "\x00")
	common := min(len(start), len(headerStart))
	return string(start[:common]) == headerStart[:common]
}
