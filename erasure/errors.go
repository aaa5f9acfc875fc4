package erasure

import (
	"errors"
	"fmt"
	"time"
)

// The store's errors that callers branch on.
var (
	// ErrCustomerNotFound means that the account has no live customer with that
	// id. For a customer that this account has erased it comes in an [*ErasedError];
	// a customer of another account is like one that never existed.
	ErrCustomerNotFound = errors.New("customer not found")
	// ErrNotFound means that there is no such account, erasure or target.
	ErrNotFound = errors.New("not found")
	// ErrSuperseded means that the target has changed since the attempt began. The
	// outcome of that attempt is dropped.
	ErrSuperseded = errors.New("superseded by a later attempt")
	// ErrUnreadable means that no key opens sealed data: it was altered, or its master
	// key was destroyed. A key that only this process lacks is a [*KeyMissingError].
	ErrUnreadable = errors.New("sealed data cannot be read")
	// ErrErased means that the customer was erased. An import does not bring the
	// customer back.
	ErrErased = errors.New("this customer was erased, and stays erased")
	// ErrNotOpen means that an operator cannot retry or resolve the target in its
	// present state. It comes in a [*StateError].
	ErrNotOpen = errors.New("only action_required and failed targets can be retried or resolved")
	// ErrNotReopenable means that the target has not ended well, or that its references
	// are destroyed. It comes in a [*StateError].
	ErrNotReopenable = errors.New("only succeeded and already_gone targets can be reopened, while their references are kept")
)

// ErasedError means that the account has erased the customer, and that the erasure has
// ended, or waits for a person.
type ErasedError struct{ State ErasureState }

func (e *ErasedError) Error() string {
	return fmt.Sprintf("%v: erased before, and the erasure is %s", ErrCustomerNotFound, e.State)
}

// Unwrap returns [ErrCustomerNotFound].
func (e *ErasedError) Unwrap() error { return ErrCustomerNotFound }

// KeyMissingError means that this process lacks the master key that data is sealed under,
// or that it would have to seal data under. Nothing was changed, and nothing is lost:
// other processes may have the key, and this one may get it.
type KeyMissingError struct {
	Key    string // its public id
	Advice string // how this process gets it
}

func (e *KeyMissingError) Error() string {
	return "this process lacks master key " + e.Key + ": " + e.Advice
}

// StateError means that a target is in the wrong state for what an operator wants.
type StateError struct {
	TargetID string
	State    TargetState
	Reason   string // of the state; may be empty
	Err      error  // ErrNotOpen or ErrNotReopenable
}

func (e *StateError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("target %s is %s: %v", e.TargetID, e.State, e.Err)
	}
	return fmt.Sprintf("target %s is %s (%s): %v", e.TargetID, e.State, e.Reason, e.Err)
}

// Unwrap returns what the state is wrong for.
func (e *StateError) Unwrap() error { return e.Err }

// NotDueError is the error of [Store].Begin for a pending target whose next
// attempt is not due yet. The provider asked to wait, and a job that comes early,
// after a crash for example, must respect that.
type NotDueError struct{ NextAt time.Time }

func (e *NotDueError) Error() string { return "not due before " + e.NextAt.UTC().Format(time.RFC3339) }
