package batch

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

// final reports whether another attempt could do no better.
func (r Result) final() bool {
	switch r.Outcome {
	case Failed:
		return false
	case MaybeDeleted:
		return r.Code == codeNotFound // anything else leaves it open
	}
	return true
}

// Summary counts outcomes.
type Summary struct {
	Accepted     int `json:"accepted"`
	NotFound     int `json:"not_found"`
	MaybeDeleted int `json:"maybe_deleted"`
	Invalid      int `json:"invalid"`
	Failed       int `json:"failed"`
	Duplicates   int `json:"duplicates"`
	NotSent      int `json:"not_sent"`
}

func (s *Summary) add(o Outcome) {
	switch o {
	case Accepted:
		s.Accepted++
	case NotFound:
		s.NotFound++
	case MaybeDeleted:
		s.MaybeDeleted++
	case Invalid:
		s.Invalid++
	case Failed:
		s.Failed++
	}
}
