package erasure

import (
	"context"
	"time"
)

// A Provider asks one payment provider to delete what it holds about a customer.
//
// Erase may be called again for the same references, by another process or
// after a crash that came between the provider's answer and our record of it:
// it must be safe to repeat, and report what an earlier call already deleted as
// [OutcomeAlreadyGone]. It never returns or logs what the provider answered.
// Implementations are safe for concurrent use.
type Provider interface {
	// Name is what customers' connections and the configuration call it.
	Name() string

	// Erase makes the calls that deletion needs, in order, and stops at the first
	// that does not succeed. It honours ctx.
	Erase(ctx context.Context, refs References) Outcome
}

// References are the opaque identifiers by which a provider knows a customer.
// They come from the import of customers, are kept until the target is final,
// and are then destroyed.
type References struct {
	// Customer is the provider's id of the customer.
	Customer string `json:"customer,omitempty"`
	// Tokens are the ids of stored cards or other payment methods.
	Tokens []string `json:"tokens,omitempty"`
	// Payments are the references of payments, for providers that erase by payment.
	Payments []string `json:"payments,omitempty"`
}

// OutcomeKind is what a call of [Provider].Erase came to.
type OutcomeKind string

// The kinds of outcome. The first four are final for the target.
const (
	// OutcomeSucceeded: the provider confirmed the deletion, or confirmed that it
	// accepted it.
	OutcomeSucceeded OutcomeKind = "succeeded"
	// OutcomeAlreadyGone: the provider knows no such customer (any more), by that
	// provider's own rule.
	OutcomeAlreadyGone OutcomeKind = "already_gone"
	// OutcomeNotSupported: the provider offers no deletion of this. Not a failure.
	OutcomeNotSupported OutcomeKind = "not_supported"
	// OutcomeActionRequired: a person has to act: at the provider, or on our
	// configuration (a refused key). Reason says what.
	OutcomeActionRequired OutcomeKind = "action_required"
	// OutcomeDeferred: the provider will do it later; ask again at Until.
	OutcomeDeferred OutcomeKind = "deferred"
	// OutcomeRetry: no answer, or one that says to try again. After, when not zero,
	// is the provider's own wish (Retry-After).
	OutcomeRetry OutcomeKind = "retry"
)

// Outcome is what a call of [Provider].Erase came to, without anything personal
// in it: it becomes evidence.
type Outcome struct {
	Kind OutcomeKind
	// Reason is a short code in snake_case, from the description of the provider
	// or of this program ("http_503", "timeout", "key_refused"): never text that
	// the provider sent.
	Reason string
	// Status is the HTTP status of the deciding answer; 0 if none came.
	Status int
	// Until is when to ask again, for OutcomeDeferred.
	Until time.Time
	// After is how long the provider asks to wait, for OutcomeRetry.
	After time.Duration
	// Left, for OutcomeRetry and OutcomeDeferred, is what there is still to ask
	// about, where some of the calls have succeeded: the next Erase needs no more
	// than this, and one customer with thousands of payments gets done in several.
	// nil means all of it. It is kept where the target's references are and
	// nowhere else: it is no part of the evidence.
	Left *References
}
