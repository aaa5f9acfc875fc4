package erasure

import "time"

// AttemptReport says what an attempt came to. It contains opaque ids and codes only.
type AttemptReport struct {
	ErasureID, TargetID, Provider string
	Attempt                       int // the target's first attempt is 1

	Kind   OutcomeKind
	Reason string
	Status int // of the provider's deciding response; 0 if none came

	// State is the target's new state, and StateReason the reason of that, which may be
	// another than that of the outcome. Both are empty if nothing was recorded: then the
	// attempt is made again.
	State       TargetState
	StateReason string

	// Asked is how long the provider's calls took, with the time they waited for their
	// turn. It is 0 if the provider was not asked.
	Asked time.Duration
}

// EndedErasure says that no target of an erasure is open any more.
type EndedErasure struct {
	State ErasureState
	// Took is the time since the delete was accepted, also if the erasure had ended before
	// and was taken up again.
	Took time.Duration
}
