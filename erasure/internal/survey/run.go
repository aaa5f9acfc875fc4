package survey

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// AskFunc asks about one id. It sets everything in the result but ID, Line, Erasure and
// Time. Its error stops the survey, and the result is not recorded. It is called
// concurrently; when its context has ended, its result is not recorded either.
type AskFunc func(ctx context.Context, id string) (Result, error)

// RunOptions adjust [Survey.Run].
type RunOptions struct {
	// Concurrency is how many requests are under way at once. Defaults to 8.
	Concurrency int
	// Wait, if set, returns when the next request may be sent, or an error when ctx ends.
	Wait func(ctx context.Context) error
	// Observe, if set, is called with every result, one at a time. It should return soon:
	// workers wait for it.
	Observe func(Result)
}

const defaultConcurrency = 8

var errListChanged = errors.New("the list changed after it was scanned")

// Run asks about the ids that have no result, in the order of the list, and returns nil
// when every id has one. A result's outcome is not an error.
//
// It stops early, and leaves the rest for a run that resumes, with the cause of ctx when
// ctx ends, with a [*SameOutcomeError], with the error of ask, and with any other error if
// the list cannot be read again or the journal cannot be written. Run can be called once.
func (s *Survey) Run(ctx context.Context, ask AskFunc, o RunOptions) error {
	if o.Concurrency == 0 {
		o.Concurrency = defaultConcurrency
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &run{Survey: s, ask: ask, options: o, stop: stop, records: make(chan numbered)}
	var workers sync.WaitGroup
	for range o.Concurrency {
		workers.Go(func() { r.work(ctx) })
	}
	err := r.produce(ctx)
	close(r.records)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
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

	finishing sync.Mutex // also serializes Observe
	streak    streak
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
	for record := range r.records {
		if r.options.Wait != nil && r.options.Wait(ctx) != nil || ctx.Err() != nil {
			continue // for the next run
		}
		result, err := r.ask(ctx, record.ID)
		if ctx.Err() != nil {
			continue
		}
		if err == nil {
			result.ID, result.Line, result.Erasure = record.ID, record.Line, record.Erasure
			result.Time = time.Now().UTC()
			err = r.finish(record.n, result)
		}
		if err != nil {
			r.stop(err)
		}
	}
}

// finish records a result, and stops the run if it is one too many of a kind.
func (r *run) finish(n int, result Result) error {
	r.finishing.Lock()
	defer r.finishing.Unlock()
	if err := r.journal.add(result); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	r.count(n, result)
	if r.options.Observe != nil {
		r.options.Observe(result)
	}
	if r.streak.add(result) {
		return &SameOutcomeError{result}
	}
	return nil
}
