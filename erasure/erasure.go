// Package erasure is the durable service behind DELETE /customers/{customer_id}:
// it accepts a delete once, erases the customer here in the same transaction, and
// asks every payment provider that the customer has used to do the same.
//
// This package defines the domain types, the rules and the [Service]. Package
// sqlstore is the database (SQLite or PostgreSQL), package provider calls the
// providers, package jobs is the queue, and cmd/yuno-erasure connects them.
//
// A customer belongs to an account. An erasure is one accepted delete. A target
// is one provider connection that the customer has used, with the opaque
// references that deletion there needs. A row of evidence records one change of a
// target; it never contains personal data or a provider's response body.
package erasure

import "time"

// Erasure is one accepted delete.
type Erasure struct {
	ID          string       `json:"id"`
	AccountCode string       `json:"account_code"`
	CustomerID  string       `json:"customer_id"`
	State       ErasureState `json:"state"`
	AcceptedAt  time.Time    `json:"accepted_at"`
	// Deadline is the limit for the whole erasure, counted from AcceptedAt. Targets
	// that are not final yet become failed then. A retry does not move it.
	Deadline time.Time `json:"deadline"`
	// FinalAt is when the last target became final; zero before that.
	FinalAt time.Time `json:"final_at,omitzero"`
	Targets []Target  `json:"targets"`
}

// Target is one provider connection that an erasure has to reach.
type Target struct {
	ID        string      `json:"id"`
	ErasureID string      `json:"erasure_id"`
	Provider  string      `json:"provider"`
	State     TargetState `json:"state"`
	// Reason is the code of the last outcome; empty if it needs no reason.
	Reason string `json:"reason,omitempty"`
	// Status is the HTTP status of the provider's last response; 0 if none came.
	Status   int `json:"status,omitempty"`
	Attempts int `json:"attempts"`
	// NextAt is when the next attempt is due, for a pending target.
	NextAt time.Time `json:"next_at,omitzero"`
	// GrantedUntil is the target's own deadline after a retry, instead of the
	// erasure's; zero if there was none.
	GrantedUntil time.Time `json:"granted_until,omitzero"`
	// Verified reports that a read after the deletion found nothing.
	Verified bool `json:"verified,omitempty"`
	// ReopenableUntil is how long the references of a target that ended well are kept;
	// zero if they are destroyed.
	ReopenableUntil time.Time `json:"reopenable_until,omitzero"`

	UpdatedAt time.Time  `json:"updated_at"`
	Evidence  []Evidence `json:"evidence,omitempty"`
}

// Evidence is one change of a target.
type Evidence struct {
	At      time.Time   `json:"at"`
	State   TargetState `json:"state"` // after the change
	Reason  string      `json:"reason,omitempty"`
	Status  int         `json:"status,omitempty"`
	Attempt int         `json:"attempt"`
	// Verified reports that a read after the deletion found nothing.
	Verified bool `json:"verified,omitempty"`
	// Note is the operator's note on a target that was resolved by hand.
	Note string `json:"note,omitempty"`
}

// AcceptRequest asks for the erasure of one customer.
type AcceptRequest struct {
	AccountCode, CustomerID string
	At, Deadline            time.Time
}

// ErasureFilter selects erasures. Its zero value selects all.
type ErasureFilter struct {
	AccountCode string
	CustomerID  string
	State       ErasureState
	// Provider and Reason select erasures with a target at that provider and with that
	// reason; if both are set, the same target has both.
	Provider, Reason string
	// Attention selects erasures with a target that needs a person; with Provider or
	// Reason, the same target.
	Attention bool
	// Since and Until select erasures that were accepted at or after the one time, and
	// before the other.
	Since, Until time.Time
	// OverdueAt, when not zero, selects incomplete erasures whose deadline is
	// earlier.
	OverdueAt time.Time
	// AtRiskAt, when not zero, selects incomplete erasures that have used half of the
	// time until their deadline by then.
	AtRiskAt time.Time
	// WithTargets adds the targets, without their evidence.
	WithTargets bool
	// Before selects erasures that are older than the one with this id, to continue
	// a list.
	Before string
	// Limit is the largest number of erasures to return. Defaults to 100.
	Limit int
	// Looks is how many erasures a search looks at for one page. Defaults to 20,000, which
	// takes some hundredths of a second. Other lists look at all.
	Looks int
}

// ErasurePage is a part of a list of erasures.
type ErasurePage struct {
	Erasures []Erasure
	// Next is the [ErasureFilter].Before of the next page; empty after the last. A page
	// with a next one may be short, or empty.
	Next string
}

// TargetFilter selects targets that need a person (action_required or failed). Its zero
// value selects all of them.
type TargetFilter struct {
	Provider, Reason string
	// Until, when not zero, selects targets that have not changed after that time.
	Until time.Time
}

// Counts are the numbers that the metrics show.
type Counts struct {
	Customers int // live ones
	Erasures  map[ErasureState]int
	Targets   map[TargetState]int
	Overdue   int // erasures that are incomplete and past their deadline
	AtRisk    int // erasures that are incomplete and past half of their time
	// Open are the targets that are not final, and Attention those that need a person.
	Open, Attention map[Cause]int
	// Oldest is when the oldest erasure was accepted that has an open target.
	Oldest map[Cause]time.Time
	// Due is since when the pending target has been due that has waited longest, by
	// provider. It may be in the future.
	Due map[string]time.Time
}

// Cause is a provider, and the reason of its targets.
type Cause struct{ Provider, Reason string }
