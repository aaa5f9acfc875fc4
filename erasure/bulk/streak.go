package bulk

import (
	"errors"
	"fmt"
	"net/http"
)

// sameOutcomeLimit is how many results in a row must be the same failure for a run to
// stop.
const sameOutcomeLimit = 20

// Why a run stopped by itself.
var (
	// ErrSameOutcome: the first 20 ids all had the same refusal or failure, or 20 in a
	// row, at any time, were refused with 401 or 403. Errors that match it are a
	// [*SameOutcomeError].
	ErrSameOutcome = errors.New("20 ids in a row had the same outcome")
	// ErrTooManyFailures: more than RunOptions.MaxFailures ids failed.
	ErrTooManyFailures = errors.New("too many failures")
)

// SameOutcomeError is an [ErrSameOutcome] with the last result. Wrong keys, a wrong
// account or environment, or keys revoked during the run are a likelier cause than 20
// wrong ids.
type SameOutcomeError struct{ Result Result }

func (e *SameOutcomeError) Error() string {
	text := fmt.Sprintf("%v: %s", ErrSameOutcome, e.Result.Outcome)
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

// streak counts results in a row with the same bad outcome.
type streak struct {
	results int // in all
	same    int // equal to last, up to now; 0 after a good one
	last    Result
}

// add counts a result, and reports whether it completes a streak that a run stops for.
func (s *streak) add(r Result) bool {
	s.results++
	// A customer who is gone, and may have been erased by an earlier run, proves that
	// the keys are right.
	good := r.Outcome == Accepted || r.Outcome == MaybeDeleted && !r.Unsettled()
	switch {
	case good:
		s.same = 0
	case r.Outcome == s.last.Outcome && r.Status == s.last.Status && r.Code == s.last.Code:
		s.same++
	default:
		s.same = 1
	}
	s.last = r
	refused := r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden
	return s.same == sameOutcomeLimit && (s.same == s.results || refused)
}
