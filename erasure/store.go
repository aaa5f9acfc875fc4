package erasure

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Errors of a [Store] that callers branch on.
var (
	// ErrCustomerNotFound: the account has no such live customer. The same for a
	// customer of another account and for one that was erased.
	ErrCustomerNotFound = errors.New("customer not found")
	// ErrNotFound: no such account, erasure or target.
	ErrNotFound = errors.New("not found")
	// ErrSuperseded: the target moved on since the attempt began. Whoever holds
	// the older attempt drops its outcome.
	ErrSuperseded = errors.New("superseded by a later attempt")
	// ErrUnreadable: sealed data does not open: it was altered, or its master key is
	// not in the key ring.
	ErrUnreadable = errors.New("sealed data cannot be read")
	// ErrErased: the customer was erased, and no import brings it back.
	ErrErased = errors.New("this customer was erased, and stays erased")
	// ErrNotOpen: the target is not in a state that an operator can retry or resolve.
	ErrNotOpen = errors.New("target is not open: only action_required and failed ones can be retried or resolved")
)

// TxFunc runs inside a transaction of the store: what it does through tx is
// committed or rolled back with it. It must not use the database in any other
// way, since the store may have one connection only, nor any other context, since
// the transaction may be shared with callers whose own have not ended. It may run
// on another goroutine than that of the caller.
type TxFunc func(ctx context.Context, tx *sql.Tx) error

// Job is one target to be worked on.
type Job struct{ TargetID, Provider string }

// EnqueueFunc puts jobs into the queue, inside a transaction.
type EnqueueFunc func(ctx context.Context, tx *sql.Tx, jobs []Job) error

// NotDueError is what [Store].Begin returns for a pending target whose next
// attempt is not due yet: its provider asked to wait, and a job that comes early
// (after a crash, say) must not ignore that.
type NotDueError struct{ NextAt time.Time }

func (e *NotDueError) Error() string { return "not due before " + e.NextAt.UTC().Format(time.RFC3339) }

// Store keeps accounts, customers and erasures. Every method does all that it does
// or nothing, and that is durable when it returns. A context that ends before a
// change has begun keeps it from happening. It is safe for concurrent use by any
// number of goroutines and, on PostgreSQL, processes.
//
// Personal data and provider references are ciphertext at rest; see package
// seal for the keys. No error holds any of them.
type Store interface {
	AccountStore

	// Import adds customers or replaces live ones with the same id, all of them or
	// none. It returns one *ImportError for each record that cannot be taken, joined.
	// A customer that was erased stays erased: importing it again is such an error,
	// with ErrErased.
	Import(ctx context.Context, accountCode string, customers []Customer) error

	// CustomersByMerchantID returns the ids of the account's live customers with that
	// merchant_customer_id: none, one, or more if they were imported so.
	CustomersByMerchantID(ctx context.Context, accountCode, merchantCustomerID string) ([]string, error)

	// Accept erases a live customer and records the erasure with one pending target
	// a connection, enqueued by enqueue in the same transaction. Asked again while
	// the erasure is in progress it returns that erasure, without Targets, and
	// enqueues nothing. Otherwise ErrCustomerNotFound.
	Accept(ctx context.Context, r AcceptRequest, enqueue EnqueueFunc) (Erasure, error)

	// Begin starts an attempt: it moves a pending target, or one whose attempt was
	// lost, to in_progress and returns it with its references. A target that is
	// final gives ErrSuperseded, one that is not due at that time a *NotDueError.
	// With ErrUnreadable the attempt has begun and is returned, without references:
	// finish it, since no later one will do better.
	Begin(ctx context.Context, targetID string, at time.Time) (Attempt, error)
	// Finish ends an attempt with what it came to, and derives the erasure's state
	// anew. References of a target that succeeded, was already gone or is not
	// supported are destroyed; otherwise r.Left, if set, replaces them. complete, if
	// not nil, runs in the same transaction. An attempt that is not the target's
	// latest gives ErrSuperseded.
	Finish(ctx context.Context, r FinishRequest, complete TxFunc) error
	// Stranded lists up to limit targets that are not final and were due before
	// the given time: their jobs may be lost.
	Stranded(ctx context.Context, dueBefore time.Time, limit int) ([]Job, error)

	// Erasures lists erasures, newest first, without targets.
	Erasures(ctx context.Context, f ErasureFilter) ([]Erasure, error)
	// Erasure returns one with its targets and their evidence, or ErrNotFound.
	Erasure(ctx context.Context, id string) (Erasure, error)
	// Counts is what the metrics show.
	Counts(ctx context.Context, now time.Time) (Counts, error)

	// Retry puts open targets (action_required, failed) back to pending, with a new
	// deadline for their erasure, and enqueues them. ErrNotFound, ErrNotOpen.
	Retry(ctx context.Context, targetIDs []string, at, deadline time.Time, enqueue EnqueueFunc) error
	// Resolve closes an open target as done by hand. The note becomes evidence.
	Resolve(ctx context.Context, targetID, note string, at time.Time) error

	// Rewrap wraps every key anew under the current master key, in batches; it may
	// be interrupted and run again. It reports how many it changed.
	Rewrap(ctx context.Context, progress func(done int)) (changed int, err error)
	// Compact removes what the engine keeps of deleted data where it can: SQLite
	// truncates its write-ahead log, PostgreSQL runs VACUUM (FULL when full is set,
	// which locks the tables).
	Compact(ctx context.Context, full bool) error

	// Check reports whether the database answers and its schema is this program's.
	Check(ctx context.Context) error
	// Close waits for running transactions and closes the database.
	Close() error
}

// AccountStore keeps accounts and the hashes of their keys.
type AccountStore interface {
	// CreateAccount records an account. A code or public key that exists is an error.
	CreateAccount(ctx context.Context, a Account) error
	// Accounts lists all accounts by code.
	Accounts(ctx context.Context) ([]Account, error)
	// AccountByPublicKey returns the account with that public key, or ErrNotFound.
	AccountByPublicKey(ctx context.Context, publicKey string) (Account, error)
	// ReplaceKeys gives an account other keys. ErrNotFound.
	ReplaceKeys(ctx context.Context, code, publicKey string, secretHash [32]byte) error
	// RevokeAccount refuses the account's keys from now on. ErrNotFound.
	RevokeAccount(ctx context.Context, code string, at time.Time) error
}

// Account may delete its own customers.
type Account struct {
	Code string `json:"code"` // a UUID
	// PublicKey names the key pair; the secret key is kept as its SHA-256 only.
	PublicKey  string    `json:"public_key"`
	SecretHash [32]byte  `json:"-"`
	CreatedAt  time.Time `json:"created_at"`
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
}

// AcceptRequest asks to erase one customer.
type AcceptRequest struct {
	AccountCode, CustomerID string
	At, Deadline            time.Time
}

// Attempt is a target that is being worked on.
type Attempt struct {
	Target     Target
	Deadline   time.Time // of its erasure
	References References
}

// FinishRequest ends an attempt.
type FinishRequest struct {
	TargetID string
	Attempt  int // Target.Attempts of the attempt that ends
	At       time.Time
	// State is the target's new state; pending needs NextAt.
	State  TargetState
	Reason string
	Status int
	NextAt time.Time
	// Left replaces the target's references by what there is still to ask about;
	// nil keeps them.
	Left *References
}

// ErasureFilter selects erasures. Its zero value selects all.
type ErasureFilter struct {
	AccountCode string
	CustomerID  string
	State       ErasureState
	// OverdueAt, when not zero, selects those that are not complete and whose
	// deadline lies before it.
	OverdueAt time.Time
	// Before continues after the erasure with this id; Limit defaults to 100.
	Before string
	Limit  int
}

// Counts is what the metrics show of the store.
type Counts struct {
	Customers int // live ones
	Erasures  map[ErasureState]int
	Targets   map[TargetState]int
	Overdue   int // erasures that are not complete and past their deadline
}
