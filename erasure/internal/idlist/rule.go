package idlist

import (
	"errors"
	"fmt"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Rule says what an id is.
type Rule struct {
	Name  string // of such an id, for messages
	check func(string) error
	// columns are what exports call a column of such ids, as [normalize] returns it. The
	// first set with a name that fits exactly one column decides.
	columns [][]string
	// anyText is set if a person's e-mail address or tax number may be such an id.
	anyText bool
}

// The rules of the two ids that a customer has.
var (
	// CustomerIDs are Yuno's ids.
	CustomerIDs = &Rule{Name: "customer id", check: wire.CheckCustomerID, columns: [][]string{customerColumns}}
	// MerchantCustomerIDs are the merchant's own.
	MerchantCustomerIDs = &Rule{
		Name: "merchant's customer id", check: wire.CheckMerchantCustomerID, columns: [][]string{merchantColumns, customerColumns}, anyText: true,
	}
)

// Look is what an id of Yuno's looks like.
type Look int

// The looks. Every id that Yuno's documentation shows is a UUID; the service of this
// project and the sandbox have ids of other forms too. So only the last look is a reason
// to doubt a list.
const (
	LikeYunos Look = iota // or, of a merchant's id, any
	// Opaque is an id of another form.
	Opaque
	// Doubtful is a text with digits only or without a digit: a number or a word.
	Doubtful
)

// Check returns why the text is not such an id, or nil. The error is a predicate ("is
// empty"), and does not repeat the text, which may be personal data.
func (r *Rule) Check(text string) error {
	if r.isUUID(text) {
		return nil
	}
	if reason := notAnID(text); reason != "" {
		return errors.New(reason)
	}
	if !r.anyText {
		if r.namesColumn(text) {
			return errHeader
		}
		if reason := personal(text); reason != "" {
			return errors.New(reason)
		}
		if i := strings.IndexAny(text, delimiters[1:]); i >= 0 { // the client's rule speaks of commas
			return fmt.Errorf("contains %q at byte %d; is this a row of a table?", text[i], i)
		}
	}
	return r.check(text)
}

var errHeader = errors.New("is the name of a column: is this a header?")

// isUUID reports whether the text is an id that looks like Yuno's. Almost all ids of a list
// do, and need no other check.
func (r *Rule) isUUID(text string) bool { return !r.anyText && looksLikeUUID(text) && text != nilUUID }

// look returns what a valid id that is no UUID looks like.
func (r *Rule) look(id string) Look {
	if r.anyText {
		return LikeYunos
	}
	letters, digits := false, false
	for i := range len(id) {
		letters = letters || isLetter(id[i])
		digits = digits || isDigit(id[i])
	}
	if letters && digits {
		return Opaque
	}
	return Doubtful
}

const nilUUID = "00000000-0000-0000-0000-000000000000"

// looksLikeUUID reports whether the text is a UUID in its usual form.
func looksLikeUUID(text string) bool {
	if len(text) != len(nilUUID) {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f'):
			return false
		}
	}
	return true
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// Record is one id of a list. Blank lines and comments are not records.
type Record struct {
	N    int    // counts from 0
	Line int    // counts from 1; of a sheet, the row
	ID   string // empty if Err is set
	Look Look
	Err  error // why there is no valid id; it does not repeat the line
}

// record checks a text that should be an id.
func (r *Rule) record(line int, text string) Record {
	if r.isUUID(text) {
		return Record{Line: line, ID: text}
	}
	if err := r.Check(text); err != nil {
		return Record{Line: line, Err: fmt.Errorf("%s %w", r.Name, err)}
	}
	return Record{Line: line, ID: text, Look: r.look(text)}
}
