package erasure

import (
	"context"
	"database/sql"
	"time"
)

// Job asks for one attempt at a target.
type Job struct{ TargetID, Provider string }

// Stranded is a target that is due although nothing seems to work on it.
type Stranded struct {
	Job
	DueAt time.Time
}

// EnqueueFunc puts jobs into the queue, inside a transaction.
type EnqueueFunc func(ctx context.Context, tx *sql.Tx, jobs []Job) error

// TxFunc runs inside a transaction of the store. Its changes through tx are
// committed or rolled back together with the store's own.
//
// It must use tx for every access to the database, because the store may have only
// one connection, and the context that it is given, because the transaction may be
// shared with callers whose own contexts have not ended. It may run on another
// goroutine than its caller's.
type TxFunc func(ctx context.Context, tx *sql.Tx) error

// Attempt is one attempt at a target, in progress.
type Attempt struct {
	Target   Target
	Deadline time.Time // of the target: see Target.GrantedUntil
	Progress Progress
	// Concern is what earlier attempts left open.
	Concern Concern
}

// Concern is a doubt about a target that one attempt cannot settle. If it lasts, a
// person has to act. The zero value means that there is none.
type Concern struct {
	// Reason is the kind of doubt: [ReasonNotFoundUnproven], [ReasonStillThere], or
	// [ReasonUnexpectedAnswer] for every response that no rule describes.
	Reason string
	Since  time.Time // of the first of the outcomes below
	Count  int       // of outcomes that confirmed it, with none between that settled it
}

// FinishRequest ends an attempt.
type FinishRequest struct {
	TargetID string
	Attempt  int // Target.Attempts of the attempt that ends
	At       time.Time
	// State is the target's new state: a final one, or pending with NextAt set.
	State    TargetState
	Reason   string
	Status   int
	Verified bool // see Outcome.Verified
	NextAt   time.Time
	// Concern replaces the target's, unless the state is final.
	Concern Concern
	// Progress, if not nil, replaces the target's. It is ignored for a state that
	// destroys the references.
	Progress *Progress
	// Keep is how long the references of a target that succeeded or was already gone
	// are kept, so that it can be reopened. 0 destroys them at once.
	Keep time.Duration
	// Ended, if not nil, is called after the commit if this has ended the erasure.
	Ended func(state ErasureState, acceptedAt time.Time)
}
