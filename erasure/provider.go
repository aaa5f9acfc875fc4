package erasure

import (
	"context"
	"time"
)

// A Provider asks one payment provider to delete a customer's data.
//
// Erase may be called again with the same references, by another process or after
// a crash between the provider's response and our record of it, and must be safe to
// repeat. Implementations never return or log the content of a provider's response.
// They are safe for concurrent use.
type Provider interface {
	// Name is the provider's name in customers' connections and in the configuration.
	Name() string

	// Erase makes the calls that deletion still needs, in order, and stops at the
	// first one that fails. It respects ctx.
	//
	// It returns [OutcomeAlreadyGone] only if the provider says in its own words that
	// it does not know the customer, and either an earlier attempt may have deleted
	// it (see [Progress]) or the connection is proven: its credentials are known to
	// reach the account that the customer belongs to. A wrong key, account or address
	// also finds nobody. Without that proof the outcome is [OutcomeRetry] with
	// [ReasonNotFoundUnproven].
	Erase(ctx context.Context, p Progress) Outcome

	// Check makes a harmless read with the same credentials and deletes nothing. The
	// outcome is [OutcomeSucceeded] if its response proves the connection,
	// [OutcomeActionRequired] if it refutes it (a refused key, another account or
	// mode), [OutcomeRetry] if it shows neither, and [OutcomeNotSupported] with
	// [ReasonNoCheck] if no such read is known.
	Check(ctx context.Context) Outcome
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

// Progress is what an attempt at a target has to do, and what earlier ones may have
// done. It is stored sealed with the target, because it contains references.
type Progress struct {
	// References are those that calls are still to be made for.
	References
	// Done are the calls that have succeeded: by name if nothing is left of the call,
	// and otherwise as in Unconfirmed. They are not made again.
	Done []string `json:"done,omitempty"`
	// Unconfirmed are the calls that may have had their effect although no response
	// says so, each identified as its provider likes. At these calls, not found
	// means deleted.
	Unconfirmed []string `json:"unconfirmed,omitempty"`
	// Lost reports that an attempt began and its end was never recorded: any of the
	// calls that remain may have had its effect.
	Lost bool `json:"lost,omitempty"`
	// Deleted reports that a call has deleted something, so that the outcome cannot be
	// [OutcomeAlreadyGone] any more.
	Deleted bool `json:"deleted,omitempty"`
	// Unverified reports that a deletion could not be verified although such a read is
	// known, so that the outcome cannot be verified any more.
	Unverified bool `json:"unverified,omitempty"`
}

// OutcomeKind classifies the result of [Provider].Erase.
type OutcomeKind string

// The kinds of outcome. The first four are final for the target.
const (
	// OutcomeSucceeded means that the provider confirmed the deletion, or that it
	// accepted it.
	OutcomeSucceeded OutcomeKind = "succeeded"
	// OutcomeAlreadyGone means that the provider does not know the customer (any
	// more), by that provider's own rule and with the proof that Erase asks for.
	OutcomeAlreadyGone OutcomeKind = "already_gone"
	// OutcomeNotSupported means that the provider offers no deletion of this. It is
	// not a failure.
	OutcomeNotSupported OutcomeKind = "not_supported"
	// OutcomeActionRequired means that a person has to act, at the provider or on our
	// configuration (a refused key, for example). Reason says why.
	OutcomeActionRequired OutcomeKind = "action_required"
	// OutcomeDeferred means that the provider deletes later. Call again at Until, and not
	// before Wait has passed.
	OutcomeDeferred OutcomeKind = "deferred"
	// OutcomeRetry means that no response came, or one that asks for another attempt.
	// After, when not zero, is the wait that the provider asked for (Retry-After).
	OutcomeRetry OutcomeKind = "retry"
)

// Reasons that the [Service] treats specially. All reasons are listed in
// docs/operations.md.
const (
	// ReasonNotFoundUnproven: the provider does not know the customer, and nothing
	// proves that the connection reaches the right account.
	ReasonNotFoundUnproven = "not_found_unproven"
	// ReasonStillThere: the provider confirmed the deletion, and a read afterwards
	// found the customer.
	ReasonStillThere = "still_there"
	// ReasonNoCheck: no harmless read is known that would prove the connection.
	ReasonNoCheck = "no_check"
	// ReasonAccountNotShown: a check has passed, and does not show which account the
	// credentials reach.
	ReasonAccountNotShown = "account_not_shown"
	// ReasonKeyRefused: the provider rejected the credentials.
	ReasonKeyRefused = "key_refused"
	// ReasonUnexpectedAnswer, ReasonUnexpectedStatus and ReasonAnswerTooLarge: no rule
	// describes the response.
	ReasonUnexpectedAnswer = "unexpected_answer"
	ReasonUnexpectedStatus = "unexpected_status"
	ReasonAnswerTooLarge   = "answer_too_large"
	// ReasonNotFoundUnconfirmed: a response like 404, but not in words that the
	// provider's description knows.
	ReasonNotFoundUnconfirmed = "not_found_unconfirmed"
	// ReasonMoreToDo and ReasonWaitingForTurn: this program has not sent all requests
	// yet. They are deferrals without a response.
	ReasonMoreToDo       = "more_to_do"
	ReasonWaitingForTurn = "waiting_for_turn"
)

// Reasons that the [Service] gives.
const (
	// ReasonUnexpectedAnswerRepeated: responses that no rule describes came five times,
	// or for a day.
	ReasonUnexpectedAnswerRepeated = "unexpected_answer_repeated"
	// ReasonDeferredPastDeadline: the provider's own date is after the deadline.
	ReasonDeferredPastDeadline = "deferred_past_deadline"
	// ReasonDeadlinePassed: the deadline passed before the first attempt.
	ReasonDeadlinePassed = "deadline_passed"
	// ReasonProviderNotConfigured: no running process has this provider.
	ReasonProviderNotConfigured = "provider_not_configured"
	// ReasonReferencesUnreadable: the sealed references do not open.
	ReasonReferencesUnreadable = "references_unreadable"
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
	// Wait is the shortest wait by the provider's description, for OutcomeDeferred and
	// OutcomeRetry. No response shortens it.
	Wait time.Duration
	// Until is when the provider's response asks to be called again, for
	// OutcomeDeferred; zero if it does not say.
	Until time.Time
	// After is how long the provider's response asks to wait, for OutcomeRetry; 0 if it
	// does not say.
	After time.Duration
	// Verified reports that a read after the deletion showed that the customer is gone.
	Verified bool
	// Progress is what later attempts have to do. It is kept whatever the kind is, so
	// that no attempt repeats what an earlier one has done, even after a person has
	// intervened. nil means that nothing has changed. It is not part of the evidence.
	Progress *Progress
}
