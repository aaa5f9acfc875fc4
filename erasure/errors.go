package erasure

import (
	"errors"
	"time"
)

// The store's errors that callers branch on.
var (
	// ErrCustomerNotFound means that the account has no live customer with that
	// id. A customer of another account and an erased one give the same error.
	ErrCustomerNotFound = errors.New("customer not found")
	// ErrNotFound means that there is no such account, erasure or target.
	ErrNotFound = errors.New("not found")
	// ErrSuperseded means that the target has changed since the attempt began. The
	// outcome of that attempt is dropped.
	ErrSuperseded = errors.New("superseded by a later attempt")
	// ErrUnreadable means that sealed data does not open: it was altered, or its
	// master key is not in the key ring.
	ErrUnreadable = errors.New("sealed data cannot be read")
	// ErrErased means that the customer was erased. An import does not bring the
	// customer back.
	ErrErased = errors.New("this customer was erased, and stays erased")
	// ErrNotOpen means that an operator cannot retry or resolve the target in its
	// present state.
	ErrNotOpen = errors.New("target is not open: only action_required and failed ones can be retried or resolved")
	// ErrNotReopenable means that the target has not ended well, or that its references
	// are destroyed.
	ErrNotReopenable = errors.New("target cannot be reopened: only succeeded and already_gone ones can, while their references are kept")
)

// NotDueError is the error of [Store].Begin for a pending target whose next
// attempt is not due yet. The provider asked to wait, and a job that comes early,
// after a crash for example, must respect that.
type NotDueError struct{ NextAt time.Time }

func (e *NotDueError) Error() string { return "not due before " + e.NextAt.UTC().Format(time.RFC3339) }
