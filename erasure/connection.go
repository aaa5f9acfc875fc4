package erasure

import "time"

const (
	// seeEvery is how often a process says that it works on its connections, and liveFor
	// how long that holds. Clocks of processes may differ by the rest.
	seeEvery = 15 * time.Second
	liveFor  = time.Minute
	// longGap is a time without a word from any process that hints at an outage.
	longGap = liveFor / 2
)

// Steadiness tells whether this process has long heard from the database without a gap.
// After an outage, or when the machine has slept, no process has said anything for a
// while, and that means nothing. The zero value has never heard anything. It is not safe
// for concurrent use.
type Steadiness struct{ heardAt, since time.Time }

// Heard records that the database has responded.
func (s *Steadiness) Heard(now time.Time) {
	now = now.Round(0) // the monotonic clock stops while the machine sleeps
	if gap := now.Sub(s.heardAt); gap < 0 || gap >= longGap {
		s.since = now
	}
	s.heardAt = now
}

// Steady reports whether that is long enough for other processes to be heard.
func (s *Steadiness) Steady(now time.Time) bool {
	now = now.Round(0)
	return now.Sub(s.heardAt) < longGap && now.Sub(s.since) >= liveFor
}

// ConnectionState is what the processes that share a database know of a connection.
type ConnectionState struct {
	Name string `json:"name"`
	// SeenAt is when a working process last had the connection in its configuration;
	// zero if none ever did.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// PausedAt is when the connection was paused; zero while it is not. Nothing is sent
	// to a paused connection except its check.
	PausedAt time.Time `json:"paused_at,omitzero"`
	// ByHand reports that an operator paused it. Then only an operator resumes it.
	ByHand bool `json:"by_hand,omitempty"`
	// Reason is why it is paused: the reason of the last refusal, or the operator's text.
	Reason string `json:"reason,omitempty"`
	// Pauses counts the automatic pauses without a success between.
	Pauses int `json:"pauses,omitempty"`
}

// Live reports whether a process works on the connection.
func (c ConnectionState) Live(now time.Time) bool {
	return !c.SeenAt.IsZero() && now.Sub(c.SeenAt) < liveFor
}

// Paused reports whether the connection is paused.
func (c ConnectionState) Paused() bool { return !c.PausedAt.IsZero() }

// ResumeRequest ends a pause.
type ResumeRequest struct {
	Name   string
	At     time.Time
	ByHand bool // false: a pause by hand does not end
}

// PauseRequest pauses a connection.
type PauseRequest struct {
	Name   string
	At     time.Time
	Reason string
	ByHand bool // see ConnectionState.ByHand
}
