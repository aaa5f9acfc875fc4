package bulk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Header begins a journal and ties it to one input, account and environment: to
// go on in another one would erase other people.
type Header struct {
	Version     int       `json:"version"`
	InputSHA256 string    `json:"input_sha256"` // of the census
	Records     int       `json:"records"`      // of the census
	AccountCode string    `json:"account_code"`
	BaseURL     string    `json:"base_url"`
	Format      Format    `json:"format"`
	Started     time.Time `json:"started"`
}

const (
	journalVersion = 2
	headerStart    = `{"version":`
	// maxHeader bounds a header that was cut off, in bytes: there is nothing long in it.
	maxHeader = 4 << 10
)

// syncEvery is how long an outcome may wait for its group to reach the disk. If
// the program is killed before that, the id is sent again.
const syncEvery = 100 * time.Millisecond

// Journal is an append-only file of what was sent and what came of it. Before an
// id is sent, a line that says so is on disk. It keeps the census up to date: what
// that says of a record is what reading the journal again would. It is safe for
// concurrent use by those who are about different records.
type Journal struct {
	lock   *flock.Flock
	file   *os.File
	census *Census
	header Header  // to be written
	runs   []int64 // where in the file the lines of each run begin; none before the header is written

	// writing is held while lines are written and synced; mu is not, so that
	// nobody who has an outcome to note waits for the disk.
	writing sync.Mutex
	written []byte // the buffer that lines were last written from
	synced  time.Time

	mu  sync.Mutex
	buf []byte // lines to be written
	err error  // the first error; nothing is written after it

	stop    chan struct{}
	stopped chan struct{}
}

// JournalError says why a journal cannot be begun, read or gone on with.
type JournalError struct {
	Path   string
	Reason string
	Hint   string // what to do about it, to follow "Try: "
}

func (e *JournalError) Error() string { return "journal " + e.Path + ": " + e.Reason }

// CreateJournal begins a journal of what is done for the records of the census. A
// file that is there already is an error, for it tells of a run that may have to
// go on; unless that run ended before it had written the header, and so before
// anything was sent.
func CreateJournal(path string, h Header, c *Census) (*Journal, error) {
	j, err := openJournal(path, os.O_CREATE, h, c)
	if err != nil {
		return nil, err
	}
	if !isUnbegun(j.file) {
		_ = j.close()
		return nil, &JournalError{path, "is there already, and seems to be of an earlier run", "--resume to go on with that; to begin anew, move it away"}
	}
	return j, nil
}

// ResumeJournal goes on with a journal and notes in the census what was done
// already. It refuses the journal of another input, account or environment, and
// one that another run has open. A line that a crash cut off is removed. Reading a
// long one ends when ctx does.
func ResumeJournal(ctx context.Context, path string, h Header, c *Census) (*Journal, error) {
	j, err := openJournal(path, 0, h, c)
	if err != nil || isUnbegun(j.file) {
		return j, err
	}
	end, err := j.replay(ctx)
	if err == nil {
		err = j.file.Truncate(end)
	}
	if err == nil {
		_, err = j.file.Seek(end, io.SeekStart)
	}
	if err != nil {
		_ = j.close()
		return nil, err
	}
	return j, nil
}

// ReadJournal notes in the census what was done already, as [ResumeJournal] does and
// with the same refusals, but leaves the journal alone; another run may have it open.
func ReadJournal(ctx context.Context, path string, h Header, c *Census) error {
	file, err := openFile(path, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer file.Close()
	if isUnbegun(file) {
		return nil
	}
	j := &Journal{file: file, census: c, header: headerOf(h, c)}
	_, err = j.replay(ctx)
	return err
}

func openFile(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags, 0o600)
	var failure *fs.PathError
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, fs.ErrNotExist) && flags&os.O_CREATE == 0:
		return nil, &JournalError{path, "is not there: there is no run to resume", "the same without --resume"}
	case errors.As(err, &failure):
		err = failure.Err
	}
	return nil, &JournalError{path, err.Error(), "--journal FILE"}
}

func headerOf(h Header, c *Census) Header {
	h.Version, h.InputSHA256, h.Records = journalVersion, c.SHA256, c.Records
	return h
}

func openJournal(path string, flags int, h Header, c *Census) (*Journal, error) {
	file, err := openFile(path, os.O_RDWR|flags)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		// A device would be changed, and removed if nothing came of the run.
		_ = file.Close()
		return nil, &JournalError{path, "is not a regular file", "--journal FILE"}
	}
	lock, err := lockFor(path, file)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	j := &Journal{lock: lock, file: file, census: c, header: headerOf(h, c), stop: make(chan struct{}), stopped: make(chan struct{})}
	go j.syncNowAndThen()
	return j, nil
}

// lockFor locks a journal against other runs. What is locked is a name: the run
// that had it locked may have removed the file that was opened before.
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
	return nil, &JournalError{path, "another run has it open", "wait until that has ended"}
}

// begin writes what stands before the lines of a run: the header, or that another
// run was resumed. Until then there is nothing in a journal that matters.
func (j *Journal) begin() error {
	first := len(j.runs) == 0
	now := time.Now().UTC()
	if first {
		// What a run that was cut off left, or somebody put there, for others to read.
		// Before the header is to be written: it may be written at any time then.
		if err := errors.Join(j.file.Truncate(0), j.file.Chmod(0o600)); err != nil {
			return err
		}
	}
	j.mu.Lock()
	if first {
		j.header.Started = now
		line, _ := json.Marshal(j.header) // of such a struct there is no error
		j.buf = append(line, '\n')
	} else {
		resumed := entry{Event: eventResumed, Result: Result{Time: now}}
		j.buf = resumed.appendTo(j.buf)
	}
	j.mu.Unlock()
	if err := j.sync(); err != nil {
		return err
	}
	end, err := j.file.Seek(0, io.SeekCurrent)
	j.runs = append(j.runs, end)
	if first {
		err = errors.Join(err, syncFolder(j.file.Name()))
	}
	return err
}

// isUnbegun reports whether a file is a journal whose header was cut off, or is
// empty or nothing but zeros: a power cut, or a kill at the right moment, leave that.
func isUnbegun(file *os.File) bool {
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

// syncFolder makes a new file's name durable: syncing the file alone leaves a
// power cut free to forget that it exists, and with it what was sent.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// sendingAll notes, durably, that records are about to be sent.
func (j *Journal) sendingAll(records []pending) error {
	now := time.Now().UTC()
	for _, r := range records {
		j.note(entry{Event: eventSending, Result: Result{N: r.N, ID: r.ID, Time: now}})
	}
	return j.sync()
}

// notSent takes sendingAll back for one record.
func (j *Journal) notSent(r Record) error {
	return j.note(entry{Event: eventNotSent, Result: Result{N: r.N, ID: r.ID, Time: time.Now().UTC()}})
}

// outcome notes a result. It is on disk soon, and when Close has returned.
func (j *Journal) outcome(r Result) error { return j.note(entry{Event: eventOutcome, Result: r}) }

// note is the one way in: a line for the file, a state for the census.
func (j *Journal) note(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	j.buf = e.appendTo(j.buf)
	state := j.census.states.at(e.N)
	*state = state.after(e)
	return nil
}

// sync writes the lines that were noted and syncs them.
func (j *Journal) sync() error {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	lines, err := j.buf, j.err
	j.buf = j.written[:0]
	j.mu.Unlock()
	j.written = lines
	if len(lines) == 0 || err != nil {
		return err
	}
	if _, err = j.file.Write(lines); err == nil {
		err = j.file.Sync()
	}
	j.synced = time.Now()
	if err != nil {
		j.mu.Lock()
		j.err = err
		j.mu.Unlock()
	}
	return err
}

func (j *Journal) syncNowAndThen() {
	defer close(j.stopped)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
			j.writing.Lock()
			due := time.Since(j.synced) >= syncEvery
			j.writing.Unlock()
			if due {
				_ = j.sync() // kept in j.err for whoever notes next
			}
		}
	}
}

// Close syncs, closes and unlocks the journal. One that no run was made with is
// removed.
func (j *Journal) Close() error {
	if len(j.runs) == 0 {
		return errors.Join(os.Remove(j.file.Name()), j.close())
	}
	return j.close()
}

func (j *Journal) close() error {
	close(j.stop)
	<-j.stopped
	err := j.sync()
	return errors.Join(err, j.file.Close(), j.lock.Unlock())
}
