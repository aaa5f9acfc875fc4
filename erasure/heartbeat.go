package erasure

import "time"

// DefaultHeartbeatTimeout and MinHeartbeatTimeout are the default and the least of
// [Config].HeartbeatTimeout.
const (
	DefaultHeartbeatTimeout = time.Minute
	MinHeartbeatTimeout     = time.Second
)

// A process says what it works on every quarter of the timeout; clocks of processes may
// differ by the rest. Half of the timeout without a word from any process hints at an
// outage.
func sayEvery(heartbeatTimeout time.Duration) time.Duration { return heartbeatTimeout / 4 }
func longGap(heartbeatTimeout time.Duration) time.Duration  { return heartbeatTimeout / 2 }

// BeatLimit is how long one heartbeat waits for the database: half of the timeout, and at
// least ten seconds, because that is how long SQLite waits for a lock.
func BeatLimit(heartbeatTimeout time.Duration) time.Duration {
	return max(longGap(heartbeatTimeout), 10*time.Second)
}

// Steadiness tells whether this process has long heard from the database without a gap.
// After an outage, or when the machine has slept, no process has said anything for a
// while, and that means nothing. It is not safe for concurrent use.
type Steadiness struct {
	heartbeatTimeout time.Duration
	heardAt, since   time.Time
}

// NewSteadiness returns the steadiness of a process that has never heard anything.
// heartbeatTimeout is that of [Config]. With one of 0 or less the process is never steady.
func NewSteadiness(heartbeatTimeout time.Duration) Steadiness {
	return Steadiness{heartbeatTimeout: heartbeatTimeout}
}

// Heard records that the database has responded.
func (s *Steadiness) Heard(now time.Time) {
	now = now.Round(0) // the monotonic clock stops while the machine sleeps
	if gap := now.Sub(s.heardAt); gap < 0 || gap >= longGap(s.heartbeatTimeout) {
		s.since = now
	}
	s.heardAt = now
}

// Steady reports whether that is long enough for other processes to be heard.
func (s *Steadiness) Steady(now time.Time) bool {
	now = now.Round(0)
	return now.Sub(s.heardAt) < longGap(s.heartbeatTimeout) && now.Sub(s.since) >= s.heartbeatTimeout
}
