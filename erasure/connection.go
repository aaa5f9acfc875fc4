package erasure

import "time"

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

// Live reports whether a process works on the connection. heartbeatTimeout is that of
// [Config].
func (c ConnectionState) Live(now time.Time, heartbeatTimeout time.Duration) bool {
	return !c.SeenAt.IsZero() && now.Sub(c.SeenAt) < heartbeatTimeout
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

// Recovery says that a connection works, so that targets which it refused before are worth
// another attempt.
type Recovery struct {
	Name string
	// Proven is when its check passed, or when it deleted something.
	Proven time.Time
	// Account reports that this also proves the account. Otherwise the attempts that found
	// nobody would end as before.
	Account bool
	// Apart is how much later than before a target is taken back that was taken back
	// already.
	Apart time.Duration
	At    time.Time
}
