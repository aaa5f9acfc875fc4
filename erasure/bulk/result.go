package bulk

import "time"

// Outcome is what became of one id.
type Outcome string

// The outcomes.
const (
	// Accepted: the erasure was accepted.
	Accepted Outcome = "accepted"
	// NotFound: the account has no such customer.
	NotFound Outcome = "not_found"
	// MaybeDeleted: an earlier attempt may have been accepted and its answer was
	// lost. With CUSTOMER_NOT_FOUND the customer is gone; with anything else, ask again.
	MaybeDeleted Outcome = "maybe_deleted"
	// Invalid: the id was refused before anything was sent.
	Invalid Outcome = "invalid"
	// Failed: anything else; the customer was not erased.
	Failed Outcome = "failed"
)

// codeNotFound is the contract's code for a customer that is not there.
const codeNotFound = "CUSTOMER_NOT_FOUND"

// codeUnknown stands for the answer that a program that was killed did not see.
const codeUnknown = "no_answer"

// Result is what became of one record.
type Result struct {
	N         int       `json:"n"`
	ID        string    `json:"id"`
	Outcome   Outcome   `json:"outcome,omitempty"`
	Status    int       `json:"status,omitempty"` // 0: no answer
	Code      string    `json:"code,omitempty"`
	Attempts  int       `json:"attempts,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Time      time.Time `json:"time"`
}

// Unsettled reports whether the customer may have been erased and asking again
// would tell.
func (r Result) Unsettled() bool {
	// A server that fails may say anything.
	gone := r.Code == codeNotFound && r.Status < 500
	return r.Outcome == MaybeDeleted && !gone
}

// Summary counts outcomes.
type Summary struct {
	Accepted     int `json:"accepted"`
	NotFound     int `json:"not_found"`
	MaybeDeleted int `json:"maybe_deleted"`
	// Unsettled is how many of MaybeDeleted another run may still settle.
	Unsettled  int `json:"unsettled"`
	Invalid    int `json:"invalid"`
	Failed     int `json:"failed"`
	Duplicates int `json:"duplicates"`
	NotSent    int `json:"not_sent"`
}
