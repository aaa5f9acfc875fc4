package bulk

import (
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Outcome is the outcome of one id.
type Outcome string

// The outcomes.
const (
	// Accepted: the erasure was accepted.
	Accepted Outcome = "accepted"
	// NotFound: the account has no such customer.
	NotFound Outcome = "not_found"
	// MaybeDeleted: an attempt may have been accepted, and its response was lost. With
	// CUSTOMER_NOT_FOUND the customer is gone; otherwise the id has to be sent again.
	MaybeDeleted Outcome = "maybe_deleted"
	// Invalid: the id was rejected before it was sent.
	Invalid Outcome = "invalid"
	// Failed: any other result. The customer was not erased, or with
	// [CodeErasureUnfinished] not everywhere.
	Failed Outcome = "failed"
)

// Result is the result of one record.
type Result struct {
	N    int    `json:"n"`              // of the record
	Line int    `json:"line,omitempty"` // of the list; counts from 1
	ID   string `json:"id"`
	// MerchantID is the merchant's own id of the customer, if the list is of these. A
	// journal does not have it.
	MerchantID string    `json:"-"`
	Outcome    Outcome   `json:"outcome,omitempty"`
	Status     int       `json:"status,omitempty"`     // of the last response; 0 if there was none
	Code       string    `json:"code,omitempty"`       // of the last response, or why there was none
	Attempts   int       `json:"attempts,omitempty"`   // requests sent
	RequestID  string    `json:"request_id,omitempty"` // of the last response
	Reason     string    `json:"reason,omitempty"`     // why the record is invalid; does not repeat it
	Time       time.Time `json:"time"`

	// RetryAfter is how long the last response asked to wait. It is not recorded.
	RetryAfter time.Duration `json:"-"`
}

// Unsettled reports whether the customer may have been erased, and sending the id again
// would settle it.
func (r Result) Unsettled() bool {
	// The code of a server error proves nothing.
	gone := r.Code == wire.CodeCustomerNotFound && r.Status < 500
	return r.Outcome == MaybeDeleted && !gone
}

// Summary counts the records of a list by their outcome.
type Summary struct {
	Accepted     int `json:"accepted"`
	NotFound     int `json:"not_found"`
	MaybeDeleted int `json:"maybe_deleted"`
	// Unsettled is how many of MaybeDeleted another run may settle.
	Unsettled  int `json:"unsettled"`
	Invalid    int `json:"invalid"`
	Failed     int `json:"failed"`
	Duplicates int `json:"duplicates"`
	NotSent    int `json:"not_sent"`
	// Unlisted is how many results are of ids that are no longer in the list. No other
	// number counts them; [Job.Unlisted] does.
	Unlisted int `json:"unlisted"`
	// UnlistedUnsettled is how many of Unlisted may have been erased, which is unknown.
	// No run settles that, unless its list has them.
	UnlistedUnsettled int `json:"unlisted_unsettled"`
}

// results returns how many records have a result.
func (s Summary) results() int {
	return s.Accepted + s.NotFound + s.MaybeDeleted + s.Invalid + s.Failed
}
