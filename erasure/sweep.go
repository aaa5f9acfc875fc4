package erasure

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// lastAttempt is how long after the deadline an attempt that is due at it may still
	// begin.
	lastAttempt = 10 * time.Second
	// lostAttempt is the time, besides two attempts' own, after which an attempt that has
	// not ended counts as lost together with its process.
	lostAttempt = 10 * time.Second
)

// Sweep does what no attempt has to come for. It fails targets that are past their
// deadline, gives those with a lasting [Concern] to a person, destroys references whose
// time is over, and enqueues targets whose jobs seem lost: those that are not final and
// have been due for longer than age, at most 1000. enqueue should skip targets that
// still have a job.
//
// Each step is made even if another one fails. The error joins those of the steps.
func (s *Service) Sweep(ctx context.Context, age time.Duration, enqueue func(context.Context, []Job) error) error {
	now := s.cfg.Now()
	var errs []error
	expired, err := s.store.Expire(ctx, now.Add(-lastAttempt), now.Add(-2*s.cfg.AttemptTimeout-lostAttempt), now)
	s.logSwept(ctx, slog.LevelError, "failed: the deadline passed", expired)
	errs = append(errs, err)
	lasting, err := s.store.Escalate(ctx, now.Add(-s.cfg.PersonAfter), now)
	s.logSwept(ctx, slog.LevelWarn, "needs a person: a doubt lasted too long", lasting)
	errs = append(errs, err)
	_, err = s.store.Purge(ctx, now)
	errs = append(errs, err, s.requeue(ctx, now.Add(-age), enqueue))
	return errors.Join(errs...)
}

func (s *Service) requeue(ctx context.Context, dueBefore time.Time, enqueue func(context.Context, []Job) error) error {
	jobs, err := s.store.Stranded(ctx, dueBefore, 1000)
	if err != nil || len(jobs) == 0 {
		return err
	}
	return enqueue(ctx, jobs)
}

// logSwept logs a line for every target, so that none changes unseen.
func (s *Service) logSwept(ctx context.Context, level slog.Level, message string, jobs []Job) {
	for _, job := range jobs {
		s.cfg.Logger.Log(ctx, level, message, "target", job.TargetID, "provider", job.Provider)
	}
}
