package survey

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// AskFunc asks about one id. It sets everything in the result but ID, Line, Erasure and
// Time. Its error stops the survey, and the result is not recorded. It is called
// concurrently; when its context has ended, its result is not recorded either.
type AskFunc func(ctx context.Context, id string) (Result, error)

// RunOptions adjust [Survey.Run].
type RunOptions struct {
	// Concurrency is how many requests are under way at once. Defaults to 8.
	Concurrency int
	// GiveUpAfter is how long the run waits for the service to come back, when 20 requests
	// in a row have failed. Defaults to 0: it stops at once. Their ids are asked about
	// again when the service is back.
	GiveUpAfter time.Duration
	// Wait, if set, returns when the next request may be sent, or an error when ctx ends.
	Wait func(ctx context.Context) error
	// Observe, if set, is called with every result, one at a time. It should return soon:
	// workers wait for it.
	Observe func(Result)
	// Waiting, if set, is called when the run begins to wait for the service, when the
	// next probe is put off, and with the zero Wait when the run goes on; not concurrently
	// with itself or Observe.
	Waiting func(bulk.Wait)
}

const defaultConcurrency = 8

var errListChanged = errors.New("the list changed after it was scanned")

// Run asks about the ids that have no result, in the order of the list, and returns nil
// when every id has one. A result's outcome is not an error.
//
// It stops early, and leaves the rest for a run that resumes, with the cause of ctx when
// ctx ends, with an [*OutageError], with the error of ask, with a [*bulk.WriteError] if the
// journal cannot be written, and with any other error if the list cannot be read again. Run
// can be called once.
func (s *Survey) Run(ctx context.Context, ask AskFunc, o RunOptions) error {
	if o.Concurrency == 0 {
		o.Concurrency = defaultConcurrency
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &run{Survey: s, ask: ask, options: o, stop: stop, records: make(chan numbered), changed: make(chan struct{})}
	var workers sync.WaitGroup
	for range o.Concurrency {
		workers.Go(func() { r.work(ctx) })
	}
	err := r.produce(ctx)
	if err != nil {
		stop(err)
	}
	close(r.records)
	workers.Wait()
	err = context.Cause(ctx)
	if errors.As(err, new(*OutageError)) || err == nil {
		r.turn.Lock()
		defer r.turn.Unlock()
		err = errors.Join(err, r.settle())
	}
	return err
}

// run is the work of one [Survey.Run].
type run struct {
	*Survey
	ask     AskFunc
	options RunOptions
	stop    context.CancelCauseFunc
	records chan numbered // unbuffered

	turn    sync.Mutex // also serializes Observe and Waiting
	outage  outage
	begun   int           // requests
	changed chan struct{} // closed when a worker that waits should look again
}

// numbered is a record with its number, which counts from 0.
type numbered struct {
	Record
	n int
}

// produce hands the records that have no result to the workers.
func (r *run) produce(ctx context.Context) error {
	n := 0
	err := r.list.source(ctx, func(record Record) error {
		n++
		if n > r.list.Records {
			return errListChanged
		}
		if record.Err != nil || r.skipped(n-1) {
			return ctx.Err()
		}
		select {
		case r.records <- numbered{record, n - 1}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err == nil && n < r.list.Records {
		err = errListChanged
	}
	return err
}

func (r *run) work(ctx context.Context) {
	for {
		record, number, ok := r.next(ctx)
		if !ok {
			return
		}
		if r.options.Wait != nil && r.options.Wait(ctx) != nil {
			return
		}
		result, err := r.ask(ctx, record.ID)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			result.ID, result.Line, result.Erasure = record.ID, record.Line, record.Erasure
			result.Time = time.Now().UTC()
			record.last = &result
			err = r.finish(record, number)
		}
		if err != nil {
			r.stop(err)
		}
	}
}

// finish decides what becomes of the result of a record, whose request was the number-th.
func (r *run) finish(record asked, number int) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	if failed(*record.last) {
		record.begun = r.begun
		return r.fail(record)
	}
	if err := r.workedAgain(record, number); err != nil {
		return err
	}
	return r.conclude(record)
}

// conclude makes a result final. The caller has the turn.
func (r *run) conclude(record asked) error {
	if err := r.journal.add(*record.last); err != nil {
		return err
	}
	r.count(record.n, *record.last)
	if r.options.Observe != nil {
		r.options.Observe(*record.last)
	}
	return nil
}

// notify lets waiting workers look again. The caller has the turn.
func (r *run) notify() {
	close(r.changed)
	r.changed = make(chan struct{})
}
