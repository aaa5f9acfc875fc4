package survey

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/internal/strictjson"
)

// header is the first line of a journal. It ties the journal to one question, account and
// environment: another one would have other results.
type header struct {
	Version     int       `json:"version"`
	Question    Question  `json:"question"`
	AccountCode string    `json:"account_code"`
	BaseURL     string    `json:"base_url"`
	ListSHA256  string    `json:"list_sha256"` // of the list that the line numbers belong to
	Started     time.Time `json:"started"`
}

const (
	journalVersion = 1
)

func (h header) line() []byte {
	text, _ := json.Marshal(h) // a struct of strings, numbers and a time cannot fail
	return append(text, '\n')
}

// parseHeader reads the first line of a journal.
func parseHeader(line []byte) (h header, ok bool) {
	ok = json.Unmarshal(line, &h) == nil && h.Version > 0 && h.Question != "" && len(strictjson.Find(line, 1)) == 0
	return h, ok
}

// check rejects the journal of another question, account or environment.
func (h header) check(path string, want header) error {
	const ownJournal = "another name for a run of its own"
	reject := func(hint, reason string, args ...any) error {
		return &bulk.JournalError{Path: path, Reason: fmt.Sprintf(reason, args...), Hint: hint}
	}
	switch {
	case h.Version != want.Version:
		return reject("that version", "was written by another version of this program (its format is %d, not %d)", h.Version, want.Version)
	case h.Question != want.Question:
		return reject(ownJournal, "is the record of a %s, not of a %s", h.Question, want.Question)
	case h.AccountCode != want.AccountCode:
		return reject(ownJournal, "belongs to another account (%s, not %s)", h.AccountCode, want.AccountCode)
	case h.BaseURL != want.BaseURL:
		return reject(ownJournal, "belongs to another environment (%s, not %s)", h.BaseURL, want.BaseURL)
	}
	return nil
}
