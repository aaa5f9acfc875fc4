package bulk

import (
	"errors"
	"fmt"
	"time"
)

// sameOutcomeLimit is how many results in a row it takes for a run to wait or to stop.
const sameOutcomeLimit = 20

// Why a run stopped by itself.
var (
	// ErrSameOutcome: the first 20 ids all had the same outcome, which a mistake in keys,
	// account or address would explain, or the service stayed away for longer than
	// RunOptions.GiveUpAfter. Errors that match it are a [*SameOutcomeError].
	ErrSameOutcome = errors.New("20 ids in a row had the same outcome")
	// ErrTooManyFailures: more than RunOptions.MaxFailures ids failed.
	ErrTooManyFailures = errors.New("too many failures")
)

// SameOutcomeError is an [ErrSameOutcome].
type SameOutcomeError struct {
	Result Result        // the last one
	Waited time.Duration // for the service to come back; 0 if the run did not wait
}

func (e *SameOutcomeError) Error() string {
	if e.Waited > 0 {
		return fmt.Sprintf("gave up after %v: %s", e.Waited.Round(time.Second), e.cause())
	}
	return fmt.Sprintf("%v: %s", ErrSameOutcome, e.cause())
}

func (e *SameOutcomeError) cause() string {
	text := string(e.Result.Outcome)
	if e.Result.Code != "" {
		text += ", " + e.Result.Code
	}
	if e.Result.Status != 0 {
		text += fmt.Sprintf(" (status %d)", e.Result.Status)
	}
	return text
}

// Is reports whether target is [ErrSameOutcome].
func (e *SameOutcomeError) Is(target error) bool { return target == ErrSameOutcome }

// streak counts results in a row.
type streak struct {
	failures int  // of the service, since the last response about an id
	mistakes int  // the last of these that are mistakes
	decided  bool // there was a response about an id
	differs  bool // the responses about ids were not all alike
	alike    int  // responses about ids, while they are alike
	first    Result
}

// add counts a result of that kind.
func (s *streak) add(r Result, k kind) {
	switch k {
	case mistaken:
		s.failures++
		s.mistakes++
		return
	case away:
		s.failures++
		s.mistakes = 0
		return
	}
	s.failures, s.mistakes = 0, 0
	if !s.decided {
		s.decided, s.first = true, r
	}
	s.differs = s.differs || k == worked || r.Status != s.first.Status || r.Code != s.first.Code
	if !s.differs {
		s.alike++
	}
}

// isSuspicious reports whether the first responses about ids were all alike, as in the
// wrong account.
func (s *streak) isSuspicious() bool { return !s.differs && s.alike == sameOutcomeLimit }

// onlyMistakes reports whether the run has seen nothing but mistakes.
func (s *streak) onlyMistakes() bool { return !s.decided && s.mistakes >= sameOutcomeLimit }
