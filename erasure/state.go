package erasure

// TargetState is the state of one target.
//
//	pending ──► in_progress ──► succeeded | already_gone | not_supported | action_required
//	   ▲             │
//	   ├─────────────┘ retry, deferred
//	   ├── action_required, failed         retried by an operator
//	   ├── action_required                 the connection is resumed, works again, or is configured again
//	   └── succeeded, already_gone         reopened by an operator
//
// Without an attempt, the sweep makes open targets failed after the deadline, and pending
// ones action_required if a doubt lasts or no process has their connection.
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

// Final reports whether this program does nothing more for the target by itself.
// An operator may still retry or resolve one that needs attention.
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

// ErasureState is the state of an erasure, derived from its targets.
type ErasureState string

// The states of an erasure.
const (
	// ErasureInProgress means that a target is not final yet.
	ErasureInProgress ErasureState = "in_progress"
	// ErasureCompleted means that every target succeeded or was already gone.
	ErasureCompleted ErasureState = "completed"
	// ErasureCompletedWithExceptions means the same, except that a provider offers no
	// deletion. There is nothing more to do, so it is not a failure.
	ErasureCompletedWithExceptions ErasureState = "completed_with_exceptions"
	// ErasureAttentionRequired means that a person has to act on a target.
	ErasureAttentionRequired ErasureState = "attention_required"
)

// ErasureStateOf derives an erasure's state from those of its targets. An erasure
// without targets is completed: the customer has used no provider.
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
