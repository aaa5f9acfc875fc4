package bulk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

// syncEvery is how long an outcome may wait for others to be synced with. If the
// process is killed before that, the id is sent again.
const syncEvery = 100 * time.Millisecond

// storage is the file of a journal, an [*os.File].
type storage interface {
	io.ReaderAt
	io.WriteSeeker
	io.Closer
	Chmod(mode fs.FileMode) error
	Sync() error
	Truncate(size int64) error
}

// WriteError says that a journal could not be written. Nothing was sent that the journal
// on disk does not announce; outcomes may be missing from it, and their ids are sent again
// by a run that resumes.
type WriteError struct {
	Path string
	Err  error // what the file system said, without the path
}

func (e *WriteError) Error() string { return "writing the journal " + e.Path + ": " + e.Err.Error() }

func (e *WriteError) Unwrap() error { return e.Err }

// journal is an append-only file of what was sent and what the outcome was; the
// package comment describes its protocol. It keeps the states of the list up to date:
// they are always what reading the file again would give. It is safe for concurrent
// use, by callers that deal with different records.
type journal struct {
	path   string
	lock   *flock.Flock
	file   storage
	list   *List
	header header  // for this list
	limit  int     // the numbers of the records in the file are below
	runs   []int64 // file offsets of the first line of each run; none before the header is written

	// Set if the file is the journal of another list.
	moved    *moves // where its records are in this list; nil once the file was rewritten
	compared *comparison
	changes  Changes

	failed   bool // a run has tried to begin
	reported bool // err was returned by [Job.Run]

	// writing is full while lines are written and synced. mu is not held then, so that
	// recording an outcome does not wait for the disk.
	writing chan struct{}
	written []byte // the buffer that lines were last written from, to be reused
	end     int64  // of the file, as far as it was synced
	synced  time.Time

	mu  sync.Mutex
	buf []byte // lines to be written; after an error, the lines that may not be in the file
	err error  // the first error; nothing is written after it

	stop    chan struct{}
	stopped chan struct{}
}

// begin writes what precedes the lines of a run: the head of a journal, of a new one or
// one for another list than before, or the line that says that another run resumes. Until
// then the journal has nothing worth keeping.
func (j *journal) begin() (err error) {
	j.writing <- struct{}{}
	switch {
	case len(j.runs) == 0:
		err = j.create()
	case j.moved != nil:
		err = j.rewrite()
	default:
		resumed := entry{Event: eventResumed, Result: Result{Time: time.Now().UTC()}}
		j.buf = resumed.appendTo(j.buf)
	}
	<-j.writing
	if err != nil {
		return j.writeError(err)
	}
	if len(j.buf) > 0 {
		if err := j.sync(); err != nil {
			return err
		}
		j.runs = append(j.runs, j.end)
	}
	j.list.ids.close()
	return nil
}

// create writes a new journal to the file that was opened.
func (j *journal) create() error {
	// There may be half a head, in a file that others can read.
	_, err := j.file.Seek(0, io.SeekStart)
	if err = errors.Join(err, j.file.Truncate(0), j.file.Chmod(0o600)); err != nil {
		return err
	}
	j.header.Started, j.limit = time.Now().UTC(), j.header.Records
	runs, end, err := j.start(j.file)
	if err != nil {
		j.failed = true
		return errors.Join(err, j.file.Truncate(0))
	}
	j.runs, j.end = runs, end
	return journalfile.SyncFolder(j.path)
}

func (j *journal) writeError(err error) error {
	var failure *fs.PathError
	if errors.As(err, &failure) {
		err = failure.Err
	}
	return &WriteError{j.path, err}
}

// sending records that ids are about to be sent. When it returns, that is on disk.
func (j *journal) sending(records []pending) error {
	now := time.Now().UTC()
	for _, r := range records {
		// An error stays in j.err, and sync returns it.
		_ = j.add(entry{Event: eventSending, Result: Result{N: r.N, Line: r.Line, ID: r.ID, Time: now}})
	}
	return j.sync()
}

// notSent revokes sending for one record.
func (j *journal) notSent(r Record) error {
	return j.add(entry{Event: eventNotSent, Result: Result{N: r.N, Line: r.Line, ID: r.ID, Time: time.Now().UTC()}})
}

// outcome records a result. It is on disk within syncEvery or so, and at the latest
// when close returns.
func (j *journal) outcome(r Result) error { return j.add(entry{Event: eventOutcome, Result: r}) }

// add is the only way in: it adds a line to the file and applies it to the states. After
// an error of writing the line stays in memory: what is reported is still the truth.
func (j *journal) add(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.buf = e.appendTo(j.buf)
	state := j.list.states.at(e.N)
	*state = state.after(e)
	return j.err
}

// count counts the records of the list, and then the ids that are no longer in it, by
// their present state.
func (j *journal) count() (listed, unlisted counts) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.list.states.count(0, j.list.Records), j.list.states.count(j.list.Records, j.list.Records+j.header.Unlisted)
}

// sync writes the lines that were added, and syncs the file.
func (j *journal) sync() error {
	j.writing <- struct{}{}
	defer func() { <-j.writing }()
	j.mu.Lock()
	lines, err := j.buf, j.err
	if len(lines) == 0 || err != nil {
		j.mu.Unlock()
		return err
	}
	j.buf = j.written[:0]
	j.mu.Unlock()
	j.written = lines
	if _, err = j.file.Write(lines); err == nil {
		err = j.file.Sync()
	}
	j.synced = time.Now()
	if err == nil {
		j.end += int64(len(lines))
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = j.writeError(err)
	j.buf = append(slices.Clone(lines), j.buf...)
	return j.err
}

func (j *journal) syncPeriodically() {
	defer close(j.stopped)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
			j.writing <- struct{}{}
			due := time.Since(j.synced) >= syncEvery
			<-j.writing
			if due {
				_ = j.sync() // the next add returns it from j.err
			}
		}
	}
}

// close syncs, closes and unlocks the journal, and removes it if no run has begun. If one
// could not begin, an empty file stays, so that the command that resumes it goes on.
func (j *journal) close() error {
	j.list.Close()
	if len(j.runs) == 0 && !j.failed {
		return errors.Join(os.Remove(j.path), j.release())
	}
	return j.release()
}

// release is close, but keeps the file.
func (j *journal) release() error {
	close(j.stop)
	<-j.stopped
	err := j.sync()
	if j.reported {
		err = nil
	}
	j.forget()
	return errors.Join(err, j.file.Close(), j.lock.Unlock())
}
