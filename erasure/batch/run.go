package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Config adjusts a [Run].
type Config struct {
	// Concurrency is how many requests are under way at once. Defaults to 8.
	Concurrency int
	// MaxFailures stops the run when more than so many ids have failed; 0 for never.
	MaxFailures int
	// KeepGoing does not stop when the first ids all fail alike.
	KeepGoing bool
	// Wait, if set, returns when the next id may be sent, or an error when ctx ends.
	Wait func(ctx context.Context) error
	// Observe, if set, is told of every result, one at a time.
	Observe func(Result)
}

// alike is how many first results must fail alike for the run to stop.
const alike = 20

// Why a run stopped by itself.
var (
	// ErrAllAlike: the first twenty ids all came to the same refusal: wrong keys,
	// account or environment, more likely than twenty wrong ids.
	ErrAllAlike = errors.New("the first ids were all refused alike")
	// ErrTooManyFailures: more than Config.MaxFailures ids failed.
	ErrTooManyFailures = errors.New("too many failures")
)

// EraseFunc erases one customer. It sets everything of the result but N, ID and
// Time. It is called concurrently.
type EraseFunc func(ctx context.Context, id string) Result

// Run sends what is to be sent of the input, in its order, and returns when
// everything has an outcome or the run stops: because ctx ends (what is under way
// finishes), because cut ends (that is broken off), because Config says so, or
// because the journal cannot be written. What was not sent is left for a run that
// resumes.
func Run(ctx, cut context.Context, in io.Reader, f Format, c *Census, j *Journal, erase EraseFunc, cfg Config) (Summary, error) {
	if cfg.Concurrency < 1 {
		cfg.Concurrency = 8
	}
	scanner, err := NewScanner(in, f)
	if err != nil {
		return Summary{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &run{census: c, journal: j, erase: erase, cfg: cfg, stop: stop}
	queue := make(chan Record)
	var workers sync.WaitGroup
	for range cfg.Concurrency {
		workers.Go(func() { r.work(ctx, cut, queue) })
	}
	err = r.feed(ctx, scanner, queue)
	close(queue)
	workers.Wait()
	if cause := context.Cause(ctx); err == nil && cause != nil {
		err = cause
	}
	summary, sumErr := r.summarise()
	return summary, errors.Join(err, sumErr)
}

type run struct {
	census  *Census
	journal *Journal
	erase   EraseFunc
	cfg     Config
	stop    context.CancelCauseFunc

	mu       sync.Mutex
	results  int
	failures int
	first    Result // of the first results, if they are all alike so far
	notAlike bool
}

// feed notes groups of records as about to be sent and hands them to the workers.
// A group costs one sync of the journal; the next is noted while it is sent.
func (r *run) feed(ctx context.Context, scanner *Scanner, queue chan<- Record) error {
	size := max(16, 4*r.cfg.Concurrency)
	groups := make(chan []Record, 1)
	done := make(chan error, 1)
	go func() { done <- r.hand(ctx, groups, queue) }()

	var group []Record
	flush := func() error {
		if len(group) == 0 {
			return nil
		}
		if err := r.journal.Sending(group); err != nil {
			return fmt.Errorf("writing the journal: %w", err)
		}
		groups <- group
		group = nil
		return nil
	}
	err := func() error {
		for ctx.Err() == nil && scanner.Scan() {
			record := scanner.Record()
			if record.N >= r.census.Records {
				return errors.New("the input changed while it was read")
			}
			switch state := r.census.states.state(record.N); {
			case state == invalid && r.census.states.outcomes(record.N) == 0:
				if err := r.note(Result{N: record.N, ID: record.ID, Outcome: Invalid, Time: time.Now()}); err != nil {
					return err
				}
			case state == todo, state == sent, state == failed:
				group = append(group, record)
			}
			if len(group) == size {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		return errors.Join(scanner.Err(), flush())
	}()
	close(groups)
	return errors.Join(err, <-done)
}

// hand passes records on until ctx ends; the rest is noted as not sent.
func (r *run) hand(ctx context.Context, groups <-chan []Record, queue chan<- Record) error {
	var err error
	for group := range groups {
		for _, record := range group {
			select {
			case queue <- record:
				continue
			case <-ctx.Done():
			}
			err = errors.Join(err, r.takeBack(record))
		}
	}
	return err
}

// takeBack notes that a record was not sent after all. One that an earlier run
// may have sent stays as it was.
func (r *run) takeBack(record Record) error {
	if r.census.states.state(record.N) == sent {
		return nil
	}
	return r.journal.NotSent(record)
}

func (r *run) work(ctx, cut context.Context, queue <-chan Record) {
	for record := range queue {
		if ctx.Err() != nil || r.cfg.Wait != nil && r.cfg.Wait(ctx) != nil {
			if err := r.takeBack(record); err != nil {
				r.stop(err)
			}
			continue
		}
		result := r.erase(cut, record.ID)
		result.N, result.ID, result.Time = record.N, record.ID, time.Now()
		// A run before this one may have sent it, and lost the answer.
		if (result.Outcome == NotFound || result.Outcome == Failed) && r.census.states.state(record.N) == sent {
			result.Outcome = MaybeDeleted
		}
		if err := r.note(result); err != nil {
			r.stop(err)
		}
	}
}

// note records a result and decides whether to go on.
func (r *run) note(result Result) error {
	if err := r.journal.Outcome(result); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.census.states.note(entry{Event: "outcome", Result: result})
	if r.cfg.Observe != nil {
		r.cfg.Observe(result)
	}
	if result.Outcome == Invalid {
		return nil
	}
	r.results++
	if result.Outcome == Failed || result.Outcome == MaybeDeleted {
		r.failures++
	}
	r.judge(result)
	return nil
}

func (r *run) judge(result Result) {
	if r.results == 1 {
		r.first = result
	}
	// What an earlier run may have erased tells nothing about the keys.
	if result.Outcome == Accepted || result.Outcome == MaybeDeleted || result.Outcome != r.first.Outcome || result.Status != r.first.Status || result.Code != r.first.Code {
		r.notAlike = true
	}
	switch {
	case r.results == alike && !r.notAlike && !r.cfg.KeepGoing:
		r.stop(fmt.Errorf("%w: %s (status %d)", ErrAllAlike, codeText(result), result.Status))
	case r.cfg.MaxFailures > 0 && r.failures > r.cfg.MaxFailures:
		r.stop(fmt.Errorf("%w: %d", ErrTooManyFailures, r.failures))
	}
}

func codeText(result Result) string {
	if result.Code != "" {
		return result.Code
	}
	return string(result.Outcome)
}

// summarise counts what the journal says.
func (r *run) summarise() (Summary, error) {
	s := Summary{Duplicates: r.census.Duplicates}
	err := r.journal.Results(r.census, func(result Result) error { s.add(result.Outcome); return nil })
	s.NotSent = r.census.Records - r.census.Duplicates - s.Accepted - s.NotFound - s.MaybeDeleted - s.Invalid - s.Failed
	return s, err
}
