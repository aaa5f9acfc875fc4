package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"github.com/yuno-community/yuno-customers/erasure"
)

// targetArgs are the arguments of a target's job.
type targetArgs struct {
	TargetID string `json:"target_id" river:"unique"`
}

// Kind implements [river.JobArgs].
func (targetArgs) Kind() string { return "erase_target" }

type worker struct {
	river.WorkerDefaults[targetArgs]
	handler   Handler
	providers map[string]string // by queue
	trace     Trace             // nil for none
	entering  time.Duration     // how long a job waits until this process may make an attempt

	stopping context.Context //nolint:containedctx // ends when no attempt is to begin any more
	stop     context.CancelFunc
}

func newWorker(providers map[string]string, trace Trace) *worker {
	w := &worker{providers: providers, trace: trace, entering: entering}
	w.stopping, w.stop = context.WithCancel(context.Background())
	return w
}

// Work makes one attempt. The transaction that makes the target final also completes
// the job. If the target has to wait, the job is snoozed until then. A job that this
// process may make no attempt for goes back to the queue, for a time in which the others
// look for jobs as well: this process looks again at once, and one without slots would keep
// the job from those that have some. River counts no attempt.
func (w *worker) Work(ctx context.Context, job *river.Job[targetArgs]) error {
	ctx, leave, err := w.enter(ctx, job.Queue)
	if err != nil {
		return river.JobSnooze(time.Second + rand.N(time.Second))
	}
	defer leave()
	ctx = traced(ctx, w.trace, job.Metadata)
	again, err := w.handler.Attempt(ctx, job.Args.TargetID, func(ctx context.Context, tx *sql.Tx) error {
		// The type parameter only selects the transaction type; River uses the client's
		// driver.
		_, err := river.JobCompleteTx[*riversqlite.Driver](ctx, tx, job)
		return err
	})
	switch {
	case err != nil:
		return &storedError{err}
	case !again.IsZero():
		return river.JobSnooze(max(time.Until(again), 0))
	}
	return nil
}

// enter waits until this process may make an attempt for a job of a queue, and not for long.
func (w *worker) enter(ctx context.Context, queue string) (inside context.Context, leave func(), err error) {
	waiting, cancel := context.WithTimeout(w.stopping, w.entering)
	defer cancel()
	return w.handler.Enter(ctx, w.providers[queue], waiting.Done())
}

// storedError replaces the text of an error that River stores for days. A database
// error can quote rows, so its text goes to the log only.
type storedError struct{ cause error }

func (e *storedError) Error() string {
	if errors.Is(e.cause, context.DeadlineExceeded) || errors.Is(e.cause, context.Canceled) {
		return "the attempt was not recorded in time"
	}
	return "the attempt could not be recorded; see the log"
}

func (e *storedError) Unwrap() error { return e.cause }

// errorHandler logs the errors whose text River must not store.
type errorHandler struct{ log *slog.Logger }

// HandleError implements [river.ErrorHandler].
func (h errorHandler) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	var stored *storedError
	if errors.As(err, &stored) {
		err = stored.cause
	}
	h.log.WarnContext(ctx, "job failed, will be retried", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "err", err)
	return nil
}

// HandlePanic implements [river.ErrorHandler].
func (h errorHandler) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, _ string) *river.ErrorHandlerResult {
	h.log.ErrorContext(ctx, "job panicked, will be retried", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt,
		"panic", fmt.Sprintf("%T", value)) // the value may contain anything
	return nil
}

// retryPolicy sets the wait after our own errors: 1 s, doubling to five minutes, and
// reduced by up to half at random.
type retryPolicy struct{}

// NextRetry implements [river.ClientRetryPolicy].
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	wait := maxRetryBackoff
	if shift := len(job.Errors); shift < 9 {
		wait = min(wait, time.Second<<shift)
	}
	return time.Now().Add(wait/2 + rand.N(wait/2+1))
}

const maintenanceQueue = "maintenance"

// sweepArgs are the arguments of the periodic search for lost jobs.
type sweepArgs struct{}

// Kind implements [river.JobArgs].
func (sweepArgs) Kind() string { return "sweep" }

// sweepPeriodically makes the service look for what no job does.
func (q *Queue) sweepPeriodically() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(q.heartbeatTimeout/2), func() (river.JobArgs, *river.InsertOpts) {
		return sweepArgs{}, &river.InsertOpts{Queue: maintenanceQueue, UniqueOpts: unfinished}
	}, nil)
}

type sweeper struct {
	river.WorkerDefaults[sweepArgs]
	queue *Queue
}

// sweepTimeout limits one sweep. If very many targets change in one, such as after an
// outage, the next sweep goes on.
const sweepTimeout = 5 * time.Minute

// Timeout implements [river.Worker]. River's rescuer also respects it.
func (s *sweeper) Timeout(*river.Job[sweepArgs]) time.Duration { return sweepTimeout }

// Work looks after targets that no job looks after.
func (s *sweeper) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	err := s.queue.worker.handler.Sweep(ctx, strandedAfter, s.queue.Again)
	if err := errors.Join(err, s.queue.adopt(ctx)); err != nil {
		return &storedError{err}
	}
	return nil
}

var _ Handler = (*erasure.Service)(nil)

// atLeast drops records below a level. River logs a lot at Info.
type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements [slog.Handler].
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
