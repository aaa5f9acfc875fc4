package survey

import "fmt"

// sameOutcomeLimit is how many requests in a row must fail in the same way for a run to
// stop.
const sameOutcomeLimit = 20

// SameOutcomeError is why a run stopped by itself: 20 requests in a row failed like the
// last one, whose result it has. Wrong keys or a service that is down are likelier causes
// than 20 wrong ids.
type SameOutcomeError struct{ Result Result }

func (e *SameOutcomeError) Error() string {
	text := fmt.Sprintf("%d requests in a row failed in the same way", sameOutcomeLimit)
	if e.Result.Code != "" {
		text += ": " + e.Result.Code
	}
	if e.Result.Status != 0 {
		text += fmt.Sprintf(" (status %d)", e.Result.Status)
	}
	return text
}

// streak counts failures in a row that are alike.
type streak struct {
	same int
	last Result
}

// add counts a result, and reports whether it completes a streak that a run stops for.
func (s *streak) add(r Result) bool {
	switch {
	case r.Outcome != Unknown:
		s.same = 0
	case s.same > 0 && r.Status == s.last.Status && r.Code == s.last.Code:
		s.same++
	default:
		s.same = 1
	}
	s.last = r
	return s.same >= sameOutcomeLimit
}
