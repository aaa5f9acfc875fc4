package erasure

// TargetState is where one target stands.
//
//	pending ──► in_progress ──► succeeded | already_gone | not_supported | action_required
//	   ▲             │                                                          │
//	   └─────────────┘ retry, deferred                     retry by an operator ┘
//
// and from any state that is not final to failed when the deadline passes.
type TargetState string

// The states of a target.
const (
	TargetPending        TargetState = "pending"
	TargetInProgress     TargetState = "in_progress"
	TargetSucceeded      TargetState = "succeeded"
	TargetAlreadyGone    TargetState = "already_gone"
	TargetNotSupported   TargetState = "not_supported"
	TargetActionRequired TargetState = "action_required"
	TargetFailed         TargetState = "failed"
)

// Final reports whether the target waits for nothing more that this program
// does by itself. An operator may still retry or resolve it.
func (s TargetState) Final() bool {
	switch s {
	case TargetPending, TargetInProgress:
		return false
	}
	return true
}

// NeedsAttention reports whether a person has to act.
func (s TargetState) NeedsAttention() bool {
	return s == TargetActionRequired || s == TargetFailed
}

// ErasureState is where an erasure stands, derived from its targets.
type ErasureState string

// The states of an erasure.
const (
	// ErasureInProgress: a target is not final yet.
	ErasureInProgress ErasureState = "in_progress"
	// ErasureCompleted: every target succeeded or was already gone.
	ErasureCompleted ErasureState = "completed"
	// ErasureCompletedWithExceptions: as completed, but a provider offers no
	// deletion. Nobody can do more, so it is not a failure.
	ErasureCompletedWithExceptions ErasureState = "completed_with_exceptions"
	// ErasureAttentionRequired: a person has to act on a target.
	ErasureAttentionRequired ErasureState = "attention_required"
)

// ErasureStateOf derives an erasure's state from those of its targets. An
// erasure without targets is complete: erasing here was all there was to do.
func ErasureStateOf(targets []TargetState) ErasureState {
	state := ErasureCompleted
	for _, target := range targets {
		switch {
		case !target.Final():
			return ErasureInProgress
		case target.NeedsAttention():
			state = ErasureAttentionRequired
		case target == TargetNotSupported && state == ErasureCompleted:
			state = ErasureCompletedWithExceptions
		}
	}
	return state
}
