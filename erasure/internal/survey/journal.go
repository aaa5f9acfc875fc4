package survey

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// syncEvery is how long a result may wait for others to be synced with. If the process is
// killed before that, the id is asked about again.
const syncEvery = 100 * time.Millisecond

// maxBuffered bounds the lines that wait to be written, in bytes.
const maxBuffered = 128 << 10

// journal is a file that results are appended to. It is safe for concurrent use.
type journal struct {
	lock *flock.Flock
	file *os.File

	// writing is held while lines are written and synced. mu is not, so that recording a
	// result does not wait for the disk.
	writing sync.Mutex
	written []byte // the buffer that lines were last written from, to be reused

	mu  sync.Mutex
	buf []byte // lines to be written
	err error  // the first error; nothing is written after it

	stop    chan struct{}
	stopped chan struct{}
}

// newJournal takes over a locked file, whose offset is its end.
func newJournal(file *os.File, lock *flock.Flock) *journal {
	j := &journal{lock: lock, file: file, stop: make(chan struct{}), stopped: make(chan struct{})}
	go j.syncPeriodically()
	return j
}

// add adds a result. It is on disk within syncEvery or so.
func (j *journal) add(r Result) error {
	j.mu.Lock()
	err := j.err
	if err == nil {
		j.buf = r.appendTo(j.buf)
	}
	full := len(j.buf) >= maxBuffered
	j.mu.Unlock()
	if err == nil && full { // the disk is slower than the service
		return j.sync()
	}
	return err
}

// sync writes the lines that were added, and syncs the file.
func (j *journal) sync() error {
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
	if err == nil {
		return nil
	}
	var failure *fs.PathError
	if errors.As(err, &failure) {
		err = failure.Err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = &bulk.WriteError{Path: j.file.Name(), Err: err}
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
			_ = j.sync() // the next add returns it from j.err
		}
	}
}

// close syncs, closes and unlocks the journal.
func (j *journal) close() error {
	close(j.stop)
	<-j.stopped
	err := j.sync()
	return errors.Join(err, j.file.Close(), j.lock.Unlock())
}
