package bulk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// disk is the file of a journal on a disk that is slow or full.
type disk struct {
	*os.File
	syncTime time.Duration
	room     int  // bytes that can be written, if full
	full     bool // there is room for that many bytes only
	lazy     bool // what does not fit is found out by Sync
	failed   bool
}

func (d *disk) Write(b []byte) (int, error) {
	if !d.full {
		return d.File.Write(b)
	}
	if len(b) <= d.room {
		d.room -= len(b)
		return d.File.Write(b)
	}
	n, err := d.File.Write(b[:d.room])
	d.room = 0
	d.failed = true
	if d.lazy {
		return len(b), err
	}
	return n, &os.PathError{Op: "write", Path: d.Name(), Err: syscall.ENOSPC}
}

func (d *disk) Sync() error {
	time.Sleep(d.syncTime)
	if d.failed {
		return &os.PathError{Op: "sync", Path: d.Name(), Err: syscall.ENOSPC}
	}
	return nil
}

// holds puts the journal of a job on a disk.
func (d *disk) holds(job *Job) {
	d.File = job.journal.file.(*os.File)
	job.journal.file = d
}

// runTime returns how long a run takes on a disk, by a clock that only waits advance.
func runTime(t *testing.T, ids int, d *disk, each time.Duration) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, ids)
		job := r.prepare(false)
		d.holds(job)
		start := time.Now()
		err := job.Run(t.Context(), func(context.Context, string) Result {
			time.Sleep(each)
			return Result{Outcome: Accepted, Status: 202}
		}, RunOptions{})
		took = time.Since(start)
		if summary := job.Summary(); err != nil || summary.Accepted != ids {
			t.Errorf("%+v, %v", summary, err)
		}
		closeJob(t, job)
	})
	return took
}

// The service decides about the speed of a run, and not the disk.
func TestSpeedOnASlowDisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		each time.Duration // of 8 workers
		ids  int
		sync time.Duration
		want float64
	}{
		{"Sync50ms", 2 * time.Millisecond, 20_000, 50 * time.Millisecond, 0.9},
		{"Sync1s", 2 * time.Millisecond, 40_000, time.Second, 0.5},
		{"SlowService50ms", 80 * time.Millisecond, 1_000, 50 * time.Millisecond, 0.9},
		{"SlowService1s", 80 * time.Millisecond, 1_000, time.Second, 0.5},
		{"ShortRun50ms", time.Millisecond, 16_000, 50 * time.Millisecond, 0.85},
	} {
		t.Run(c.name, func(t *testing.T) {
			fast, slow := runTime(t, c.ids, &disk{}, c.each), runTime(t, c.ids, &disk{syncTime: c.sync}, c.each)
			share := fast.Seconds() / slow.Seconds()
			t.Logf("%v on a fast disk, %v on a slow one: %.2f of the speed", fast, slow, share)
			if share < c.want {
				t.Errorf("%.2f of the speed, want at least %.2f", share, c.want)
			}
		})
	}
}

// A disk that is full stops the run once, sends nothing that is not on disk, and loses no
// outcome of those that the service told: summary and report have them. The next run goes
// on.
func TestJournalOnAFullDisk(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*disk{
		"Write": {full: true, room: 20_000}, "Sync": {full: true, room: 20_000, lazy: true}, "AtOnce": {full: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t, 2000)
			job := r.prepare(false)
			d.holds(job)
			r.server.respond = func(id string, _ int) Result {
				content, err := os.ReadFile(r.path)
				if err != nil || !bytes.Contains(content, []byte(`"id":"`+id+`"`)) {
					t.Errorf("%s was sent, and the journal on disk does not say so (%v)", id, err)
				}
				return Result{Outcome: Accepted, Status: 202}
			}
			err := job.Run(t.Context(), r.server.erase, r.options)
			var failed *WriteError
			if !errors.As(err, &failed) || failed.Path != r.path || !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line", err)
			}
			summary := job.Summary()
			if want := (Summary{Accepted: len(r.server.erased), NotSent: 2000 - len(r.server.erased)}); summary != want {
				t.Errorf("%+v, want %+v", summary, want)
			}
			r.checkReport(job, summary)
			if err := job.Close(); err != nil {
				t.Errorf("closing says it again: %v", err)
			}
			r.server.respond = nil
			summary, err = r.run(t.Context(), true)
			if err != nil || summary.Accepted+summary.MaybeDeleted != 2000 || len(r.server.erased) != 2000 {
				t.Errorf("resumed: %+v, %v", summary, err)
			}
		})
	}
}

// Outcomes that could not be written when a run had ended are an error of Close.
func TestJournalThatCannotBeClosed(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 1)
	d := &disk{}
	job := r.prepare(false)
	d.holds(job)
	r.server.respond = func(string, int) Result {
		d.full = true
		return Result{Outcome: Accepted, Status: 202}
	}
	runErr := job.Run(t.Context(), r.server.erase, r.options)
	if closeErr := job.Close(); !errors.Is(errors.Join(runErr, closeErr), syscall.ENOSPC) {
		t.Errorf("%v, %v: the outcome is not on disk", runErr, closeErr)
	}
}
