package erasure

import (
	"context"
	"time"
)

// A Provider asks one payment provider to delete a customer's data.
//
// Erase may be called again with the same references, by another process or after
// a crash between the provider's response and our record of it. It must be safe to
// repeat, and must report what an earlier call deleted as [OutcomeAlreadyGone]. It
// never returns or logs the content of a provider's response. Implementations are
// safe for concurrent use.
type Provider interface {
	// Name is the provider's name in customers' connections and in the configuration.
	Name() string

	// Erase makes the calls that deletion needs, in order, and stops at the first
	// one that fails. It respects ctx.
	Erase(ctx context.Context, refs References) Outcome
}

// References are the opaque identifiers by which a provider knows a customer.
// They come from the import of customers. They are kept until the target is final
// and destroyed then.
type References struct {
	// Customer is the provider's id of the customer.
	Customer string `json:"customer,omitempty"`
	// Tokens are the ids of stored cards or other payment methods.
	Tokens []string `json:"tokens,omitempty"`
	// Payments are the references of payments, for providers that erase by payment.
	Payments []string `json:"payments,omitempty"`
}

// OutcomeKind classifies the result of [Provider].Erase.
type OutcomeKind string

// The kinds of outcome. The first four are final for the target.
const (
	// OutcomeSucceeded means that the provider confirmed the deletion, or that it
	// accepted it.
	OutcomeSucceeded OutcomeKind = "succeeded"
	// OutcomeAlreadyGone means that the provider does not know the customer (any
	// more), by that provider's own rule.
	OutcomeAlreadyGone OutcomeKind = "already_gone"
	// OutcomeNotSupported means that the provider offers no deletion of this. It is
	// not a failure.
	OutcomeNotSupported OutcomeKind = "not_supported"
	// OutcomeActionRequired means that a person has to act, at the provider or on our
	// configuration (a refused key, for example). Reason says why.
	OutcomeActionRequired OutcomeKind = "action_required"
	// OutcomeDeferred means that the provider deletes later. Call again at Until.
	OutcomeDeferred OutcomeKind = "deferred"
	// OutcomeRetry means that no response came, or one that asks for another attempt.
	// After, when not zero, is the wait that the provider asked for (Retry-After).
	OutcomeRetry OutcomeKind = "retry"
)

// Outcome is the result of [Provider].Erase. It becomes evidence, so it contains
// nothing personal.
type Outcome struct {
	Kind OutcomeKind
	// Reason is a short code in snake_case ("http_503", "timeout", "key_refused"). It
	// comes from the provider's description or from this program, never from the
	// provider's response.
	Reason string
	// Status is the HTTP status of the deciding response; 0 if none came.
	Status int
	// Until is when to call again, for OutcomeDeferred.
	Until time.Time
	// After is how long the provider asks to wait, for OutcomeRetry.
	After time.Duration
	// Remaining, for OutcomeRetry and OutcomeDeferred, is the part of the references
	// that the next Erase needs, if some calls have succeeded already. A customer with
	// thousands of payments is erased in several attempts this way. nil means all of
	// them. It replaces the target's references and is not part of the evidence.
	Remaining *References
}
