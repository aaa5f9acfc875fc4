package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// EraseFunc erases one customer. It sets everything in the result but N, Line, ID and Time.
// It is called concurrently. Its context carries the values of Run's and ends with
// [Job.Abort] only: what is under way when Run's context ends is finished.
type EraseFunc func(ctx context.Context, id string) Result

// RunOptions adjust [Job.Run].
type RunOptions struct {
	// Concurrency is how many requests are under way at once, at most 10,000. Defaults to 8.
	Concurrency int
	// MaxFailures stops the run when more ids than that have failed. Defaults to 0:
	// never.
	MaxFailures int
	// KeepGoing does not stop for [ErrSameOutcome]. The run waits only for a service that
	// is away, and goes on after GiveUpAfter.
	KeepGoing bool
	// GiveUpAfter is how long the run waits for the service to come back, when 20 ids in a
	// row have failed and the cause is not the ids. Defaults to 0: it stops at once. The
	// ids of the 20 that were not erased, and those that may have been, are sent again
	// when the service is back.
	GiveUpAfter time.Duration
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

const (
	defaultConcurrency = 8
	// maxConcurrency is more than any service allows one client. Each has a goroutine.
	maxConcurrency = 10_000
)

func (o RunOptions) withDefaults() RunOptions {
	if o.Concurrency == 0 {
		o.Concurrency = defaultConcurrency
	}
	return o
}

func (o RunOptions) validate() error {
	switch {
	case o.Concurrency < 1 || o.Concurrency > maxConcurrency:
		return fmt.Errorf("bulk: RunOptions.Concurrency is %d; set 1 to %d", o.Concurrency, maxConcurrency)
	case o.GiveUpAfter < 0:
		return fmt.Errorf("bulk: RunOptions.GiveUpAfter is %v; set at least 0", o.GiveUpAfter)
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
// If 20 ids in a row fail because of the service, Run waits for at most
// RunOptions.GiveUpAfter; what it has sent in vain meanwhile is sent again. The table of
// kinds of results is at the type kind.
//
// Run can be called once.
func (j *Job) Run(ctx context.Context, erase EraseFunc, o RunOptions) (err error) {
	o = o.withDefaults()
	if erase == nil {
		return errors.New("bulk: the function that erases is nil")
	}
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
	r := newRun(j, erase, o, stop)
	return r.all(ctx, calls, records)
}

// run is the work of one [Job.Run].
type run struct {
	list    *List
	journal *journal
	erase   EraseFunc
	options RunOptions
	stop    context.CancelCauseFunc
	queue   *queue
	window  *window
	gate    *gate
	begun   atomic.Int64  // requests
	closed  chan struct{} // receives when open becomes 0 or a record is returned

	mu       sync.Mutex // also serializes Observe and Waiting
	failures int
	streak   streak
	outage   outage
	open     int // records that were handed to the workers and have not come back
}

func newRun(j *Job, erase EraseFunc, o RunOptions, stop context.CancelCauseFunc) *run {
	r := &run{list: j.list, journal: j.journal, erase: erase, options: o, stop: stop,
		queue: newQueue(), window: newWindow(o.Concurrency), gate: newGate(o.Concurrency),
		closed: make(chan struct{}, 1)}
	if j.maxWindow > 0 {
		r.window.most = j.maxWindow
	}
	listed, unlisted := j.journal.count()
	r.outage.proven = listed[accepted]+unlisted[accepted] > 0
	return r
}

// all sends everything that has to be sent, until ctx ends. It makes calls with the
// second context.
func (r *run) all(ctx, calls context.Context, records *recordScanner) error {
	var workers sync.WaitGroup
	for range r.options.Concurrency {
		workers.Go(func() { r.work(ctx, calls) })
	}
	err := r.produce(ctx, records)
	if err != nil {
		r.stop(err) // what is about to be sent is taken back
	}
	close(r.queue.groups)
	r.gate.open()
	workers.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endWait()
	err = cmp.Or(err, context.Cause(ctx))
	return cmp.Or(err, r.settle())
}

func (r *run) work(ctx, calls context.Context) {
	for {
		round := r.gate.enter(ctx)
		record, ok := r.queue.take()
		if !ok {
			r.gate.leave(round)
			return
		}
		r.window.started()
		if err := r.send(ctx, calls, record, round); err != nil {
			r.stop(err)
		}
		r.gate.leave(round)
		r.window.finished()
		r.opened(-1)
	}
}

// opened counts records that are handed to the workers, or have come back.
func (r *run) opened(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open += n
	if r.open == 0 || len(r.outage.returned) > 0 {
		select {
		case r.closed <- struct{}{}:
		default:
		}
	}
}

// send erases one customer, or takes the record back if ctx ends first.
func (r *run) send(ctx, calls context.Context, record pending, round int) error {
	if ctx.Err() != nil || r.options.Wait != nil && r.options.Wait(ctx) != nil {
		return r.takeBack(record)
	}
	number := int(r.begun.Add(1))
	result := r.erase(calls, record.ID)
	result.N, result.Line, result.ID, result.Time = record.N, record.Line, record.ID, time.Now().UTC()
	if record.ambiguous && (result.Outcome == NotFound || result.Outcome == Failed) {
		result.Outcome = MaybeDeleted
	}
	if record.last != nil {
		result.Attempts += record.last.Attempts
	}
	record.last = &result
	record.ambiguous = result.Outcome == MaybeDeleted
	return r.finish(ctx, record, number, round)
}

// finish decides what becomes of the result of a record. Its request was the number-th.
func (r *run) finish(ctx context.Context, record pending, number, round int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := *record.last
	if result.Outcome == Invalid {
		return r.conclude(result)
	}
	k := kindOf(result, r.outage.proven)
	r.streak.add(result, k)
	if r.holds(k) && ctx.Err() == nil {
		return r.hold(held{record, int(r.begun.Load()), r.outage.successes}, round)
	}
	err := r.conclude(result)
	if k == worked || k == decided {
		r.outage.successes++
		err = cmp.Or(err, r.release(number))
		if r.gate.isCurrent(round) {
			r.endWait()
			r.gate.widen()
		}
	}
	if err == nil && k == decided && r.streak.isSuspicious() && !r.options.KeepGoing {
		return &SameOutcomeError{Result: result}
	}
	return err
}

// finishInvalid records a record that has no valid id.
func (r *run) finishInvalid(record Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conclude(invalidResult(record))
}

// conclude makes a result final. It returns an error if that cannot be recorded, or if
// it is one failure too many. The caller holds r.mu.
func (r *run) conclude(result Result) error {
	err := r.journal.outcome(result)
	if r.options.Observe != nil {
		r.options.Observe(result) // even if the journal has lost it, which makes it all the more important
	}
	if err != nil {
		return err
	}
	if result.Outcome == Failed || result.Unsettled() {
		r.failures++
		if r.options.MaxFailures > 0 && r.failures > r.options.MaxFailures {
			return fmt.Errorf("%w: %d", ErrTooManyFailures, r.failures)
		}
	}
	return nil
}
