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
	for _, timeout := range []time.Duration{time.Minute, 6 * time.Second} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			knowAroundOutages(t, timeout)
		})
	}
}

func knowAroundOutages(t *testing.T, timeout time.Duration) {
	q := &Queue{
		own:              map[string]string{queueName("own"): "own"},
		heartbeatTimeout: timeout, steadiness: erasure.NewSteadiness(timeout),
	}
	part := timeout / 60 // a second by default
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	quiet := now.Add(-60 * part)
	know := func(parts int, want bool) {
		t.Helper()
		now = now.Add(time.Duration(parts) * part)
		q.know([]erasure.ConnectionState{{Name: "quiet", SeenAt: quiet}, {Name: "busy", SeenAt: now.Add(-59 * part)}, {Name: "paused-only", PausedAt: now}}, now)
		for name, want := range map[string]bool{"own": true, "busy": true, "quiet": want, "paused-only": false, "unknown": false} {
			if got := q.works(queueName(name)); got != want {
				t.Errorf("%v: %s counts as live: %v, want %v", now.Sub(quiet), name, got, want)
			}
		}
	}
	know(0, true) // the process begins
	for range 11 {
		know(5, true)
	}
	know(5, false)
	know(5, false)
	know(600, true) // an outage
	know(25, true)
	know(25, true)
	know(25, false)
	know(29, false) // a slow response is no outage
	know(30, true)  // an outage that was as short as it can be
	know(-60, true) // the clock was set back
	if got, want := q.BeatEvery(), 5*part; got != want {
		t.Errorf("beats every %v, want %v", got, want)
	}
}
