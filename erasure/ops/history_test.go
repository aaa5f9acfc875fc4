package ops_test

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestHistoryOfAcceptedErasures(t *testing.T) {
	onEach(t, map[string]func(*site){
		"IsOfTheLastDayAndMonth": func(s *site) {
			s.erase(customerID(1), erasure.TargetSucceeded, "", "stripe")
			wantAccepted(s, 23, 29, 1, 1)
			s.later(23 * time.Hour)
			s.erase(customerID(2), erasure.TargetSucceeded, "", "stripe")
			s.erase(customerID(3), erasure.TargetSucceeded, "", "stripe")
			wantAccepted(s, 0, 28, 1, 1)
			wantAccepted(s, 23, 29, 2, 2)
			s.later(time.Hour)
			wantAccepted(s, 22, 29, 2, 2)
			wantAccepted(s, 23, 28, 0, 1)
			s.later(28 * 24 * time.Hour)
			wantAccepted(s, 22, 0, 0, 1)
			wantAccepted(s, 22, 1, 0, 2)
		},
		"ForgetsAFutureThatTheClockHasShown": func(s *site) {
			for _, ahead := range []time.Duration{3 * 24 * time.Hour, 5 * 24 * time.Hour} {
				s.later(ahead)
				wantAccepted(s, 23, 29, 0, 0)
				s.later(-ahead)
			}
			wantAccepted(s, 23, 29, 0, 0)
			s.later(63 * time.Hour) // within an hour of the first future, on a day of the second
			s.erase(customerID(1), erasure.TargetSucceeded, "", "stripe")
			s.later(2 * time.Hour)
			wantAccepted(s, 21, 29, 1, 1)
			s.later(24 * time.Hour)
			wantAccepted(s, 21, 28, 0, 1)
		},
	})
}

// wantAccepted checks the number of an hour of the last 24 and of a day of the last 30.
func wantAccepted(s *site, hour, day, inHour, onDay int) {
	s.Helper()
	hours, days, err := s.page.Accepted(s.Context(), s.clock())
	s.must(err)
	if len(hours) != 24 || len(days) != 30 || hours[hour] != inHour || days[day] != onDay {
		s.Errorf("hour %d and day %d: want %d and %d; got %v and %v", hour, day, inHour, onDay, hours, days)
	}
}
