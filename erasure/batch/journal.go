package batch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
	InputSHA256 string    `json:"input_sha256"`
	Records     int       `json:"records"`
	AccountCode string    `json:"account_code"`
	BaseURL     string    `json:"base_url"`
	Format      Format    `json:"format"`
	Started     time.Time `json:"started"`
}

const journalVersion = 1

// syncEvery is how long an outcome may wait for its group to reach the disk. If
// the program is killed before that, the id is sent again.
const syncEvery = 100 * time.Millisecond

// entry is a line of a journal after the header.
type entry struct {
	Event string `json:"event"` // "sending", "not_sent", "outcome"
	Result
}

// Journal is an append-only file of what was sent and what came of it. Before an
// id is sent, a line that says so is on disk. It is safe for concurrent use.
type Journal struct {
	lock *flock.Flock
	file *os.File

	mu    sync.Mutex
	buf   *bufio.Writer
	enc   *json.Encoder
	dirty bool  // something was written since the last sync
	err   error // the first error; nothing is written after it

	stop    chan struct{}
	stopped chan struct{}
}

// CreateJournal begins a journal. A file that is there already is an error, for
// it tells of a run that may have to go on.
func CreateJournal(path string, h Header) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is the journal of an earlier run: --resume continues that; to begin anew, move it away", path)
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j, err := openJournal(path, file)
	if err != nil {
		return nil, err
	}
	h.Version, h.Started = journalVersion, time.Now()
	j.mu.Lock()
	j.err, j.dirty = j.enc.Encode(h), true
	j.mu.Unlock()
	if err := errors.Join(j.sync(), syncFolder(path)); err != nil {
		_ = j.Close()
		return nil, fmt.Errorf("journal: %w", err)
	}
	return j, nil
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

// ResumeJournal goes on with a journal and notes in the census what was done
// already. It refuses the journal of another input, account or environment, and
// one that another run has open. A line that a crash cut off is removed.
func ResumeJournal(path string, h Header, c *Census) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there: there is no run to resume", path)
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j, err := openJournal(path, file)
	if err != nil {
		return nil, err
	}
	end, err := replay(file, h, c)
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		_ = j.Close()
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return j, nil
}

func openJournal(path string, file *os.File) (*Journal, error) {
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err != nil || !locked {
		_ = file.Close()
		return nil, fmt.Errorf("journal %s: another run has it open", path)
	}
	j := &Journal{lock: lock, file: file, buf: bufio.NewWriterSize(file, 64<<10), stop: make(chan struct{}), stopped: make(chan struct{})}
	j.enc = json.NewEncoder(j.buf)
	j.enc.SetEscapeHTML(false)
	go j.syncNowAndThen()
	return j, nil
}

// replay reads a journal into the census, and returns where its last whole line ends.
func replay(file *os.File, want Header, c *Census) (end int64, err error) {
	reader := bufio.NewReaderSize(file, 64<<10)
	line, err := reader.ReadBytes('\n')
	var got Header
	if err != nil || json.Unmarshal(line, &got) != nil || got.Version != journalVersion {
		return 0, errors.New("not a journal of this program")
	}
	for _, c := range []struct{ what, got, want string }{
		{"account", got.AccountCode, want.AccountCode},
		{"environment", got.BaseURL, want.BaseURL},
		{"input", got.InputSHA256, want.InputSHA256},
		{"column or field", fmt.Sprint(got.Format), fmt.Sprint(want.Format)},
	} {
		if c.got != c.want {
			return 0, fmt.Errorf("belongs to another %s (%s, and not %s)", c.what, c.got, c.want)
		}
	}
	end = int64(len(line))
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return end, nil // a line without its end was cut off by a crash
		}
		if err != nil {
			return 0, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil || e.N < 0 || e.N >= c.Records {
			return 0, fmt.Errorf("byte %d: damaged", end)
		}
		c.states.note(e)
		end += int64(len(line))
	}
}

// note applies a line of the journal.
func (s states) note(e entry) {
	switch e.Event {
	case "sending":
		s.set(e.N, sent)
	case "not_sent":
		s.set(e.N, todo)
	case "outcome":
		s.count(e.N)
		switch {
		case e.final():
			s.set(e.N, done)
		case e.Outcome == MaybeDeleted:
			s.set(e.N, sent)
		default:
			s.set(e.N, failed)
		}
	}
}

// Sending notes, durably, that records are about to be sent.
func (j *Journal) Sending(records []Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range records {
		j.write(entry{Event: "sending", Result: Result{N: r.N, ID: r.ID, Time: time.Now()}})
	}
	j.flush()
	return j.err
}

// NotSent takes Sending back for one record.
func (j *Journal) NotSent(r Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(entry{Event: "not_sent", Result: Result{N: r.N, ID: r.ID, Time: time.Now()}})
	return j.err
}

// Outcome notes a result. It is on disk soon, and when Close has returned.
func (j *Journal) Outcome(r Result) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(entry{Event: "outcome", Result: r})
	return j.err
}

func (j *Journal) write(e entry) {
	if j.err == nil {
		j.err, j.dirty = j.enc.Encode(e), true
	}
}

// flush writes and syncs what was written since the last time.
func (j *Journal) flush() {
	if j.err == nil && j.dirty {
		j.err, j.dirty = errors.Join(j.buf.Flush(), j.file.Sync()), false
	}
}

func (j *Journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flush()
	return j.err
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
			_ = j.sync() // kept in j.err for whoever writes next
		}
	}
}

// Close syncs, closes and unlocks the journal.
func (j *Journal) Close() error {
	close(j.stop)
	<-j.stopped
	err := j.sync()
	return errors.Join(err, j.file.Close(), j.lock.Unlock())
}

// Results calls yield with the last result of every record that has one, in the
// order of the journal. It may be called while the journal is open.
func (j *Journal) Results(c *Census, yield func(Result) error) error {
	if err := j.sync(); err != nil {
		return err
	}
	file, err := os.Open(j.file.Name())
	if err != nil {
		return err
	}
	defer file.Close()
	seen := make([]byte, c.Records) // outcomes so far, as states counts them
	reader := bufio.NewReaderSize(file, 64<<10)
	for first := true; ; first = false {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if first || !bytes.Contains(line, []byte(`"event":"outcome"`)) {
			continue
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if seen[e.N]++; int(seen[e.N]) == c.states.outcomes(e.N) {
			if err := yield(e.Result); err != nil {
				return err
			}
		}
	}
}
