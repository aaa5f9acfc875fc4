package erasure

import (
	"context"
	"time"
)

// Targets that a connection has refused wait for a person. When the connection works
// again, the refusal may be about what has been fixed since, such as the key, so they are
// asked again by themselves. If the refusals were many, or a check fell between them, the
// connection was paused, and the end of the pause takes them back. If they were few, it is
// the next check that passes; or the next deletion, because some connections have no check.

// worked returns when the last deletion has shown that the connection works. It returns the
// zero time if a beat has used one, no longer ago than the given time, and nothing was
// refused since.
func (w *watch) worked(every time.Duration) (at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.usedAt.IsZero() && w.workedAt.Sub(w.usedAt) < every {
		return time.Time{}
	}
	at, w.workedAt = w.workedAt, time.Time{}
	if !at.IsZero() {
		w.usedAt = at
	}
	return at
}

// takeBack takes back the targets that a connection has refused before it worked again. A
// target that is refused all the same is asked less and less often, and then no more.
func (s *Service) takeBack(ctx context.Context, r Recovery, again EnqueueFunc) {
	r.At, r.Apart = s.cfg.Now(), s.cfg.CheckEvery
	jobs, err := s.store.Recover(ctx, r, again)
	s.logTakenBack(ctx, r.Name, jobs)
	if err != nil && ctx.Err() == nil {
		s.cfg.Logger.WarnContext(ctx, "targets that the connection refused were not taken back", "provider", r.Name, "err", err)
	}
}

func (s *Service) logTakenBack(ctx context.Context, name string, jobs []Job) {
	if len(jobs) > 0 {
		s.cfg.Logger.InfoContext(ctx, "targets taken back", "provider", name, "targets", len(jobs))
	}
}
