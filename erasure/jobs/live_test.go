package jobs

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// A connection counts as gone if no process has said for a minute that it has it, unless
// nobody could say so: after an outage, and when this process begins.
func TestLiveQueues(t *testing.T) {
	t.Parallel()
	q := &Queue{own: map[string]bool{queueName("own"): true}}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	quiet := now.Add(-time.Hour)
	know := func(after time.Duration, want bool) {
		t.Helper()
		now = now.Add(after)
		q.know([]erasure.ConnectionState{{Name: "quiet", SeenAt: quiet}, {Name: "busy", SeenAt: now}, {Name: "paused-only", PausedAt: now}}, now)
		for name, want := range map[string]bool{"own": true, "busy": true, "quiet": want, "paused-only": false, "unknown": false} {
			if got := q.works(queueName(name)); got != want {
				t.Errorf("%v: %s counts as live: %v, want %v", now.Sub(quiet), name, got, want)
			}
		}
	}
	know(0, true) // the process begins
	for range 11 {
		know(5*time.Second, true)
	}
	know(5*time.Second, false)
	know(5*time.Second, false)
	know(10*time.Minute, true) // an outage
	know(25*time.Second, true)
	know(25*time.Second, true)
	know(25*time.Second, false)
	know(29*time.Second, false) // a slow response is no outage
	know(-time.Minute, true)    // the clock was set back
}
