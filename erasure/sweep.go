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
	// overtakenFor is how long after the end of a pause attempts from before it are looked
	// for. They end within minutes; a process may be down for longer.
	overtakenFor = 24 * time.Hour
)

// SweepStore is the part of a [Store] that [Service.Sweep] uses, in the order of its steps.
type SweepStore interface {
	Expire(ctx context.Context, deadline, begunBefore, at time.Time) ([]Job, error)
	Escalate(ctx context.Context, since, at time.Time) ([]Job, error)
	Orphan(ctx context.Context, since, at time.Time) ([]Job, error)
	Reunite(ctx context.Context, since, at time.Time, enqueue EnqueueFunc) ([]Job, error)
	Overtaken(ctx context.Context, since, at time.Time, enqueue EnqueueFunc) ([]Job, error)
	Purge(ctx context.Context, at time.Time) (int, error)
	AtRisk(ctx context.Context, after, upTo time.Time, limit int) ([]string, error)
	Stranded(ctx context.Context, dueBefore time.Time, after *Stranded, limit int) ([]Stranded, error)
	Requeue(ctx context.Context, jobs []Job, enqueue EnqueueFunc) error
}

// Sweep does what no attempt has to come for. It fails targets that are past their
// deadline, gives those with a lasting [Concern] to a person, and those of connections
// that no process has, unless an outage may have kept them silent; it takes these back
// once a process has them, and those that an attempt from before the end of a pause was
// refused for. It destroys references whose time is over, and enqueues
// targets whose jobs seem lost: those that are not final and have been due for longer
// than age, at most 1000 of them; the next sweep goes on where this one ended. again must
// skip targets that still have a job, and bring that job forward.
//
// Each step is made even if another one fails. The error joins those of the steps. One
// sweep runs at a time.
func (s *Service) Sweep(ctx context.Context, age time.Duration, again EnqueueFunc) error {
	now := s.cfg.Now()
	expired, err := s.store.Expire(ctx, now.Add(-lastAttempt), now.Add(-2*s.cfg.AttemptTimeout-lostAttempt), now)
	s.logSwept(ctx, slog.LevelError, "failed: the deadline passed", expired)
	errs := []error{err}
	lasting, err := s.store.Escalate(ctx, now.Add(-s.cfg.PersonAfter), now)
	s.logSwept(ctx, slog.LevelWarn, "needs a person: a doubt lasted too long", lasting)
	errs = append(errs, err)
	live := now.Add(-s.cfg.HeartbeatTimeout)
	if s.steady(now) {
		orphans, err := s.store.Orphan(ctx, live, now)
		s.logSwept(ctx, slog.LevelWarn, "needs a person: no process has this provider", orphans)
		errs = append(errs, err)
	}
	reunited, err := s.store.Reunite(ctx, live, now, again)
	s.logSwept(ctx, slog.LevelInfo, "pending again: a process has this provider", reunited)
	errs = append(errs, err)
	overtaken, err := s.store.Overtaken(ctx, now.Add(-overtakenFor), now, again)
	s.logSwept(ctx, slog.LevelInfo, "pending again: refused by an attempt from before its connection was resumed", overtaken)
	errs = append(errs, err)
	_, err = s.store.Purge(ctx, now)
	return errors.Join(append(errs, err, s.warnOfRisk(ctx, now), s.requeue(ctx, now.Add(-age), again))...)
}

// maxRiskLines limits the lines about erasures at risk that one sweep logs.
const maxRiskLines = 100

// warnOfRisk logs each erasure once that has used half of its time, and all of them
// when a process begins.
func (s *Service) warnOfRisk(ctx context.Context, now time.Time) error {
	ids, err := s.store.AtRisk(ctx, s.riskUpTo, now, maxRiskLines+1)
	if err != nil {
		return err
	}
	s.riskUpTo = now
	for i, id := range ids {
		if i == maxRiskLines {
			s.cfg.Logger.WarnContext(ctx, "more erasures are at risk: see erasures list --at-risk")
			break
		}
		s.cfg.Logger.WarnContext(ctx, "at risk: half of the time is over and the erasure is not complete", "erasure", id)
	}
	return nil
}

// strandedBatch limits the targets that one sweep enqueues.
const strandedBatch = 1000

func (s *Service) requeue(ctx context.Context, dueBefore time.Time, again EnqueueFunc) error {
	stranded, err := s.store.Stranded(ctx, dueBefore, s.sweptUpTo, strandedBatch)
	if err != nil {
		return err
	}
	s.sweptUpTo = nil
	if len(stranded) == strandedBatch {
		s.sweptUpTo = &stranded[len(stranded)-1]
	}
	if len(stranded) == 0 {
		return nil
	}
	jobs := make([]Job, len(stranded))
	for i, one := range stranded {
		jobs[i] = one.Job
	}
	return s.store.Requeue(ctx, jobs, again)
}

// logSwept logs a line for every target, so that none changes unseen.
func (s *Service) logSwept(ctx context.Context, level slog.Level, message string, jobs []Job) {
	for _, job := range jobs {
		s.cfg.Logger.Log(ctx, level, message, "target", job.TargetID, "provider", job.Provider)
	}
}
