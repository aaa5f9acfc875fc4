package erasure

import (
	"log/slog"
	"math/rand/v2"
	"time"
)

// repeatedAnswers is the number of responses that no rule describes after which a
// person has to look.
const repeatedAnswers = 5

// finishRequest translates an outcome into the target's next state.
func (s *Service) finishRequest(attempt Attempt, o Outcome) FinishRequest {
	now := s.cfg.Now()
	f := FinishRequest{
		TargetID: attempt.Target.ID, Attempt: attempt.Target.Attempts,
		At: now, Reason: o.Reason, Status: o.Status, Verified: o.Verified, Progress: o.Progress,
		Concern: attempt.Concern.after(o, now), Keep: s.cfg.KeepReferences,
	}
	switch o.Kind {
	case OutcomeSucceeded:
		f.State = TargetSucceeded
	case OutcomeAlreadyGone:
		f.State = TargetAlreadyGone
	case OutcomeNotSupported:
		f.State = TargetNotSupported
	case OutcomeActionRequired:
		f.State = TargetActionRequired
	case OutcomeDeferred:
		s.wait(&f, attempt, o)
		if o.Until.After(attempt.Deadline) && !isOwnLimit(o) {
			// The provider itself says that it will not be done in time.
			f.State, f.Reason = TargetActionRequired, ReasonDeferredPastDeadline
		}
	default:
		s.wait(&f, attempt, o)
		if f.NextAt.After(attempt.Deadline) {
			f.NextAt = attempt.Deadline // one last attempt, even if the provider asks to wait longer
		}
	}
	return f
}

// wait makes the target pending until its next attempt, unless its deadline has passed
// or a person has to act.
func (s *Service) wait(f *FinishRequest, attempt Attempt, o Outcome) {
	reason, lasting := f.Concern.lasting(f.At, s.cfg.PersonAfter)
	switch {
	case !f.At.Before(attempt.Deadline):
		f.State = TargetFailed
	case lasting:
		f.State, f.Reason = TargetActionRequired, reason
	default:
		f.State, f.NextAt = TargetPending, f.At.Add(s.waitOf(o, attempt.Target.Attempts, f.At))
	}
}

// waitOf returns the wait until the next attempt. A provider can make it longer, and
// never shorter: Retry-After of 0, or a date in the past, is no reason to ask again at
// once.
func (s *Service) waitOf(o Outcome, attempts int, now time.Time) time.Duration {
	switch {
	case o.Kind != OutcomeDeferred:
		return max(s.backoff(attempts), o.Wait, o.After)
	case isOwnLimit(o):
		return max(o.Until.Sub(now), 0)
	case o.Wait > 0:
		return max(o.Wait, o.Until.Sub(now))
	}
	return max(s.backoff(attempts), o.Until.Sub(now))
}

// isOwnLimit reports whether an attempt ended because of this program's own limits, not
// because of a response.
func isOwnLimit(o Outcome) bool {
	return o.Status == 0 && (o.Reason == ReasonMoreToDo || o.Reason == ReasonWaitingForTurn)
}

// after returns the concern after one more outcome. Outcomes that say nothing about it,
// such as a timeout, leave it as it is.
func (c Concern) after(o Outcome, at time.Time) Concern {
	reason := o.Reason
	switch reason {
	case ReasonUnexpectedStatus, ReasonAnswerTooLarge:
		reason = ReasonUnexpectedAnswer
	case ReasonNotFoundUnproven, ReasonStillThere, ReasonUnexpectedAnswer:
	default:
		if o.Kind == OutcomeRetry || o.Status == 0 {
			return c
		}
		return Concern{}
	}
	if reason != c.Reason {
		return Concern{Reason: reason, Since: at, Count: 1}
	}
	c.Count++
	return c
}

// lasting reports whether a person has to act because of the concern, and with which
// reason.
func (c Concern) lasting(now time.Time, after time.Duration) (reason string, lasting bool) {
	old := c.Reason != "" && now.Sub(c.Since) >= after
	if c.Reason == ReasonUnexpectedAnswer {
		return ReasonUnexpectedAnswerRepeated, old || c.Count >= repeatedAnswers
	}
	return c.Reason, old
}

// levelOf returns the level at which a change of a target is logged: a person looks for
// what needs one, and first for what is lost.
func levelOf(state TargetState, reason string) slog.Level {
	switch {
	case state == TargetFailed || reason == ReasonReferencesUnreadable:
		return slog.LevelError
	case state.NeedsAttention():
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// backoff doubles from MinBackoff to MaxBackoff. It is randomised by up to a fifth
// so that attempts that failed together are not repeated together.
func (s *Service) backoff(attempts int) time.Duration {
	wait := s.cfg.MinBackoff
	for range attempts - 1 {
		if wait >= s.cfg.MaxBackoff {
			break // before doubling overflows
		}
		wait *= 2
	}
	wait = min(wait, s.cfg.MaxBackoff)
	return wait - wait/5 + rand.N(wait*2/5+1)
}
