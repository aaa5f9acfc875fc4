package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Config adjusts a [Run].
type Config struct {
	// Concurrency is how many requests are under way at once. Defaults to 8.
	Concurrency int
	// MaxFailures stops the run when more than so many ids have failed; 0 for never.
	MaxFailures int
	// KeepGoing does not stop for ErrAllAlike.
	KeepGoing bool
	// Wait, if set, returns when the next id may be sent, or an error when ctx ends.
	Wait func(ctx context.Context) error
	// Observe, if set, is told of every result, one at a time.
	Observe func(Result)
}

// alike is how many results in a row must be the same failure for the run to stop.
const alike = 20

// Why a run stopped by itself.
var (
	// ErrAllAlike: the first twenty ids all came to the same refusal or failure, or
	// twenty in a row, whenever, were refused with 401 or 403. Errors that match it
	// are an [*AllAlikeError].
	ErrAllAlike = errors.New("20 ids in a row came to the same")
	// ErrTooManyFailures: more than Config.MaxFailures ids failed.
	ErrTooManyFailures = errors.New("too many failures")
)

// AllAlikeError says what the ids all came to: with wrong keys, account or
// environment, or keys that were revoked meanwhile, that is more likely than twenty
// wrong ids.
type AllAlikeError struct{ Result Result }

func (e *AllAlikeError) Error() string {
	text := fmt.Sprintf("%v: %s", ErrAllAlike, e.Result.Outcome)
	if e.Result.Code != "" {
		text += ", " + e.Result.Code
	}
	if e.Result.Status != 0 {
		text += fmt.Sprintf(" (status %d)", e.Result.Status)
	}
	return text
}

// Is reports whether target is [ErrAllAlike].
func (e *AllAlikeError) Is(target error) bool { return target == ErrAllAlike }

// EraseFunc erases one customer. It sets everything of the result but N, ID and
// Time. It is called concurrently.
type EraseFunc func(ctx context.Context, id string) Result

// Run sends what is to be sent of the input, in its order, and returns when
// everything has an outcome or the run stops: because ctx ends (what is under way
// finishes), because cut ends (that is broken off), because Config says so, or
// because the journal cannot be written. What was not sent is left for a run that
// resumes. The input must be the one that the journal's census was taken of.
func Run(ctx, cut context.Context, in io.Reader, f Format, j *Journal, erase EraseFunc, cfg Config) error {
	if cfg.Concurrency < 1 {
		cfg.Concurrency = 8
	}
	scanner, err := NewScanner(in, f)
	if err != nil {
		return err
	}
	if err := j.begin(); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &run{census: j.census, journal: j, erase: erase, cfg: cfg, stop: stop, ahead: newAhead(cfg.Concurrency)}
	q := &queue{groups: make(chan []pending)}
	var workers sync.WaitGroup
	for range cfg.Concurrency {
		workers.Go(func() { r.work(ctx, cut, q) })
	}
	err = r.feed(ctx, scanner, q)
	close(q.groups)
	workers.Wait()
	if cause := context.Cause(ctx); err == nil && cause != nil {
		err = cause
	}
	return err
}

type run struct {
	census  *Census
	journal *Journal
	erase   EraseFunc
	cfg     Config
	stop    context.CancelCauseFunc
	ahead   *ahead

	mu       sync.Mutex
	results  int
	failures int
	last     Result
	same     int // how many results in a row were as the last, and no good ones
}

func (r *run) work(ctx, cut context.Context, q *queue) {
	for {
		record, ok := q.take()
		if !ok {
			return
		}
		if err := r.send(ctx, cut, record); err != nil {
			r.stop(err)
		}
		r.ahead.finished()
	}
}

// send erases one customer, unless ctx ends before it is its turn.
func (r *run) send(ctx, cut context.Context, record pending) error {
	if ctx.Err() != nil || r.cfg.Wait != nil && r.cfg.Wait(ctx) != nil {
		return r.takeBack(record)
	}
	result := r.erase(cut, record.ID)
	result.N, result.ID, result.Time = record.N, record.ID, time.Now().UTC()
	if record.ambiguous && (result.Outcome == NotFound || result.Outcome == Failed) {
		result.Outcome = MaybeDeleted
	}
	return r.note(result)
}

// note records a result and decides whether to go on.
func (r *run) note(result Result) error {
	err := r.journal.outcome(result)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cfg.Observe != nil {
		r.cfg.Observe(result) // the more so if the journal has lost it
	}
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	if result.Outcome == Invalid {
		return nil
	}
	r.results++
	if result.Outcome == Failed || result.Unsettled() {
		r.failures++
	}
	r.judge(result)
	return nil
}

func (r *run) judge(result Result) {
	// What an earlier run may have erased, and is gone, says that the keys are right.
	good := result.Outcome == Accepted || result.Outcome == MaybeDeleted && !result.Unsettled()
	switch {
	case good:
		r.same = 0
	case result.Outcome == r.last.Outcome && result.Status == r.last.Status && result.Code == r.last.Code:
		r.same++
	default:
		r.same = 1
	}
	r.last = result
	refused := result.Status == http.StatusUnauthorized || result.Status == http.StatusForbidden
	switch {
	case r.same == alike && (r.same == r.results || refused) && !r.cfg.KeepGoing:
		r.stop(&AllAlikeError{result})
	case r.cfg.MaxFailures > 0 && r.failures > r.cfg.MaxFailures:
		r.stop(fmt.Errorf("%w: %d", ErrTooManyFailures, r.failures))
	}
}
