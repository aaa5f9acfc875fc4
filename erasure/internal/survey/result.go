package survey

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/internal/strictjson"
)

// Outcome is what is known of one id.
type Outcome string

// The outcomes of a look-up, of a merchant's id.
const (
	// Found: exactly one customer has the id.
	Found Outcome = "found"
	// NotFound: the account has no such customer.
	NotFound Outcome = "not_found"
	// Ambiguous: the response names another customer, or several. Nobody is guessed.
	Ambiguous Outcome = "ambiguous"
)

// The outcomes of a verification, of an erased customer's id.
const (
	// Gone: the account has no such customer.
	Gone Outcome = "gone"
	// Anonymised: the customer exists, without personal data.
	Anonymised Outcome = "anonymised"
	// StillThere: the customer exists, with personal data.
	StillThere Outcome = "still_there"
)

// Unknown is the outcome, of either question, of an id whose response does not tell. The
// status and the code say why.
const Unknown Outcome = "unknown"

// Result is the result of one id. Of a customer it has the two ids and nothing else.
type Result struct {
	ID         string  `json:"id"`             // that was asked about
	Line       int     `json:"line,omitempty"` // of the list; 0 if the list has changed since
	Outcome    Outcome `json:"outcome"`
	CustomerID string  `json:"customer_id,omitempty"` // that a look-up has found
	Status     int     `json:"status,omitempty"`      // of the last response; 0 if there was none
	Code       string  `json:"code,omitempty"`        // of the last response, or why there was none
	Attempts   int     `json:"attempts,omitempty"`    // requests sent
	RequestID  string  `json:"request_id,omitempty"`  // of the last response
	// Erasure is what a deletion has recorded of the customer who is verified, if that is
	// known.
	Erasure *bulk.Result `json:"erasure,omitempty"`
	Time    time.Time    `json:"time"` // of the response
}

var errDamaged = errors.New("is damaged")

// appendTo appends the result as a line of a journal.
func (r Result) appendTo(line []byte) []byte {
	text, _ := json.Marshal(r) // a struct of strings, numbers and times of this era cannot fail
	return append(append(line, text...), '\n')
}

// parseResult reads a line of a journal.
func parseResult(line []byte) (r Result, err error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if dec.Decode(&r) != nil || dec.More() || len(strictjson.Find(line, 1)) > 0 || r.ID == "" {
		return Result{}, errDamaged
	}
	switch r.Outcome {
	case Found:
		if r.CustomerID != "" {
			return r, nil
		}
	case NotFound, Ambiguous, Gone, Anonymised, StillThere, Unknown:
		return r, nil
	}
	return Result{}, errDamaged
}
