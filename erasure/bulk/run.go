package bulk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// EraseFunc erases one customer. It sets everything in the result but N, Line, ID and Time.
// It is called concurrently. Its context carries the values of Run's and ends with
// [Job.Abort] only: what is under way when Run's context ends is finished.
type EraseFunc func(ctx context.Context, id string) Result

// RunOptions adjust [Job.Run].
type RunOptions struct {
	// Concurrency is how many requests are under way at once. Defaults to 8.
	Concurrency int
	// MaxFailures stops the run when more ids than that have failed. Defaults to 0:
	// never.
	MaxFailures int
	// KeepGoing does not stop for [ErrSameOutcome].
	KeepGoing bool
	// Waiting, if set, is called when the run begins to wait for the service, when the
	// next probe is put off, and with the zero Wait when the run goes on. It is not
	// called concurrently with itself or Observe, and should return soon.
	Waiting func(Wait)
	// Wait, if set, returns when the next id may be sent, or an error when ctx ends.
	Wait func(ctx context.Context) error
	// Observe, if set, is called with every result, one at a time, also with one that
	// could not be recorded. It should return soon: workers wait for it.
	Observe func(Result)
}

const defaultConcurrency = 8

func (o RunOptions) withDefaults() RunOptions {
	if o.Concurrency == 0 {
		o.Concurrency = defaultConcurrency
	}
	return o
}

func (o RunOptions) validate() error {
	switch {
	case o.Concurrency < 1:
		return fmt.Errorf("bulk: RunOptions.Concurrency is %d; set at least 1", o.Concurrency)
	case o.MaxFailures < 0:
		return fmt.Errorf("bulk: RunOptions.MaxFailures is %d; set at least 0", o.MaxFailures)
	}
	return nil
}

// Run sends the ids that have to be sent, in the order of the list, and returns nil
// when every record has an outcome. A record's outcome is not an error.
//
// It stops early, and leaves the rest for a run that resumes, with the cause of ctx
// when ctx ends (what is under way is finished), with [context.Canceled] after
// [Job.Abort], with an [*SameOutcomeError] or [ErrTooManyFailures], with a [*WriteError]
// if the journal cannot be written, and with any other error if the list cannot be read
// again.
//
// Run can be called once.
func (j *Job) Run(ctx context.Context, erase EraseFunc, o RunOptions) (err error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return err
	}
	if err := j.enter(); err != nil {
		return err
	}
	defer j.leave()
	if j.ran {
		return errAlreadyRun
	}
	j.ran = true
	defer func() { j.journal.reported = errors.As(err, new(*WriteError)) }()
	if j.hardStop.Err() != nil {
		return context.Canceled
	}
	in, err := j.list.source()
	if err != nil {
		return err
	}
	records, err := newRecordScanner(in, j.list.format)
	if err != nil {
		return err
	}
	if err := j.journal.begin(); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	calls, breakOff := context.WithCancel(context.WithoutCancel(ctx))
	defer breakOff()
	defer context.AfterFunc(j.hardStop, func() { stop(context.Canceled); breakOff() })()
	r := &run{list: j.list, journal: j.journal, erase: erase, options: o, stop: stop, window: newWindow(o.Concurrency)}
	if j.maxWindow > 0 {
		r.window.most = j.maxWindow
	}
	return r.all(ctx, calls, records)
}

// run is the work of one [Job.Run].
type run struct {
	list    *List
	journal *journal
	erase   EraseFunc
	options RunOptions
	stop    context.CancelCauseFunc
	window  *window

	mu       sync.Mutex // also serializes Observe
	failures int
	streak   streak
}

// all sends everything that has to be sent, until ctx ends. It makes calls with the
// second context.
func (r *run) all(ctx, calls context.Context, records *recordScanner) error {
	q := newQueue()
	var workers sync.WaitGroup
	for range r.options.Concurrency {
		workers.Go(func() { r.work(ctx, calls, q) })
	}
	err := r.produce(ctx, records, q)
	close(q.groups)
	workers.Wait()
	if cause := context.Cause(ctx); err == nil && cause != nil {
		err = cause
	}
	return err
}

func (r *run) work(ctx, calls context.Context, q *queue) {
	for {
		record, ok := q.take()
		if !ok {
			return
		}
		r.window.started()
		if err := r.send(ctx, calls, record); err != nil {
			r.stop(err)
		}
		r.window.finished()
	}
}

// send erases one customer, or takes the record back if ctx ends first.
func (r *run) send(ctx, calls context.Context, record pending) error {
	if ctx.Err() != nil || r.options.Wait != nil && r.options.Wait(ctx) != nil {
		return r.takeBack(record)
	}
	result := r.erase(calls, record.ID)
	result.N, result.Line, result.ID, result.Time = record.N, record.Line, record.ID, time.Now().UTC()
	if record.ambiguous && (result.Outcome == NotFound || result.Outcome == Failed) {
		result.Outcome = MaybeDeleted
	}
	return r.finish(result)
}

// finish records a result, and stops the run if it is one too many.
func (r *run) finish(result Result) error {
	err := r.journal.outcome(result)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.options.Observe != nil {
		r.options.Observe(result) // even if the journal has lost it, which makes it all the more important
	}
	if err != nil {
		return err
	}
	if result.Outcome == Invalid {
		return nil
	}
	if result.Outcome == Failed || result.Unsettled() {
		r.failures++
	}
	switch suspicious := r.streak.add(result); {
	case suspicious && !r.options.KeepGoing:
		return &SameOutcomeError{result}
	case r.options.MaxFailures > 0 && r.failures > r.options.MaxFailures:
		return fmt.Errorf("%w: %d", ErrTooManyFailures, r.failures)
	}
	return nil
}
