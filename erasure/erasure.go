// Package erasure is the durable service behind DELETE /customers/{customer_id}:
// it accepts a delete once, erases the customer here in the same transaction, and
// asks every payment provider that the customer has used to do the same.
//
// The package holds the domain: its words, its rules and the interfaces of its
// parts. Package sqlstore keeps it in SQLite or PostgreSQL, package provider
// talks to the providers, package jobs runs the work, and cmd/yuno-erasure ties
// them together.
//
// A customer belongs to an account. An erasure is one accepted delete. A target
// is one provider connection that the customer has used, with the opaque
// references that deletion there needs. Evidence is one row of what happened to
// a target; it never holds personal data or what a provider answered.
package erasure

import "time"

// Erasure is one accepted delete.
type Erasure struct {
	ID          string       `json:"id"`
	AccountCode string       `json:"account_code"`
	CustomerID  string       `json:"customer_id"`
	State       ErasureState `json:"state"`
	AcceptedAt  time.Time    `json:"accepted_at"`
	// Deadline is when targets that are not final become failed.
	Deadline time.Time `json:"deadline"`
	// FinalAt is when the last target became final; zero before that.
	FinalAt time.Time `json:"final_at,omitzero"`
	Targets []Target  `json:"targets,omitempty"`
}

// Target is one provider connection that an erasure has to reach.
type Target struct {
	ID        string      `json:"id"`
	ErasureID string      `json:"erasure_id"`
	Provider  string      `json:"provider"`
	State     TargetState `json:"state"`
	// Reason is the code of the last outcome; empty if there is nothing to say.
	Reason string `json:"reason,omitempty"`
	// Status is the HTTP status of the provider's last answer; 0 if none came.
	Status   int `json:"status,omitempty"`
	Attempts int `json:"attempts"`
	// NextAt is when the next attempt is due, for a pending target.
	NextAt    time.Time  `json:"next_at,omitzero"`
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
	// Note is what an operator wrote on resolving the target by hand.
	Note string `json:"note,omitempty"`
}
