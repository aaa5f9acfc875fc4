package bulk

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

// listedPerLine is how many digests a line of a journal has, so that it is not too long
// to be looked at.
const listedPerLine = 256

// writeHead writes what a journal begins with: the header and the digests of the list.
// It returns the offset at which the header ends.
func (j *journal) writeHead(w io.Writer) (end int64, err error) {
	line, _ := json.Marshal(j.header) // a struct of strings and numbers cannot fail
	line = append(line, '\n')
	if _, err := w.Write(line); err != nil {
		return 0, err
	}
	end = int64(len(line))
	now := time.Now().UTC()
	var sums []byte
	flush := func() error {
		if len(sums) == 0 {
			return nil
		}
		e := entry{Event: eventListed, Result: Result{Time: now}, Listed: base64.RawURLEncoding.EncodeToString(sums)}
		line, sums = e.appendTo(line[:0]), sums[:0]
		_, err := w.Write(line)
		return err
	}
	for part := range partitions {
		err := j.list.ids.each(part, func(sum digest, at place) error {
			if *j.list.states.at(at.n) == duplicate {
				return nil
			}
			if sums = append(sums, sum[:]...); len(sums) < listedPerLine*len(sum) {
				return nil
			}
			return flush()
		})
		if err != nil {
			return 0, err
		}
	}
	return end, flush()
}

// start writes the beginning of a journal to a file: the head, and what earlier runs have
// done if this is the journal of another list. The line at its end says that it is complete.
// A journal without that line is one of a run that has sent nothing.
func (j *journal) start(file storage) (runs []int64, end int64, err error) {
	w := &counter{w: bufio.NewWriterSize(file, 64<<10)}
	from, err := j.writeHead(w)
	if err == nil && j.moved != nil {
		err = j.carryOver(w)
	}
	if err == nil {
		started := entry{Event: eventStarted, Result: Result{Time: time.Now().UTC()}}
		_, err = w.Write(started.appendTo(nil))
	}
	if err == nil {
		err = w.w.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	return []int64{from, w.n}, w.n, err
}

// counter is a buffered writer that counts bytes.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// carryOver writes what is known of each id, as few lines as give the same state and the
// same result.
func (j *journal) carryOver(w io.Writer) error {
	var line []byte
	return j.finals(math.MaxInt64, func(e entry, s state) error {
		line = e.appendTo(line[:0])
		if s == retrying {
			again := entry{Event: eventSending, Result: Result{N: e.N, Line: e.Line, ID: e.ID, Time: e.Time}}
			line = again.appendTo(line)
		}
		_, err := w.Write(line)
		return err
	})
}

// rewrite replaces the journal by one for the present list. It is written beside the
// old one, synced, and renamed: a crash leaves one of the two, and each is right. Both are
// locked until then.
func (j *journal) rewrite() error {
	beside := j.path + ".new"
	_ = os.Remove(beside) // of a run that was killed while it wrote it
	file, err := os.OpenFile(beside, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	lock := flock.New(beside, flock.SetFlag(os.O_RDONLY))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		err = errors.New("cannot be locked")
	}
	var runs []int64
	var end int64
	if err == nil {
		runs, end, err = j.start(file)
	}
	if err == nil {
		err = os.Rename(beside, j.path)
	}
	if err != nil {
		_, _, _ = file.Close(), lock.Unlock(), os.Remove(beside)
		return err
	}
	old, oldLock := j.file, j.lock
	j.file, j.lock, j.runs, j.end = file, lock, runs, end
	j.limit = j.header.Records + j.header.Unlisted
	j.forget()
	return errors.Join(old.Close(), oldLock.Unlock(), journalfile.SyncFolder(j.path))
}
