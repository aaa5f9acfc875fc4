package wire

import (
	"errors"
	"fmt"
)

// MaxReference is the greatest length of a provider reference. It is our limit:
// no provider documents ids near it.
const MaxReference = 255

// referenceBytes are printable ASCII without what separates the parts of a URL.
var referenceBytes = func() (set [256]bool) {
	for c := ' '; c <= '~'; c++ {
		set[c] = true
	}
	for _, c := range `/\%?#;` {
		set[c] = false
	}
	return set
}()

// CheckReference returns why text is not a provider reference (a provider's own
// id of a customer, a token or a payment), or nil. Like that of
// [CheckCustomerID], the error's text is a predicate and does not repeat the
// reference.
//
// A reference has 1 to 255 printable ASCII characters. It contains none of
// / \ % ? # ; which separate the parts of a URL, to some hops even if encoded. It
// is no dot segment, and no space begins or ends it: servers trim there. Spaces
// inside are accepted, and so is all other punctuation: several providers let
// the merchant choose the reference, and one that is rejected here means a
// person who cannot be erased.
func CheckReference(text string) error {
	for i := range len(text) {
		if !referenceBytes[text[i]] {
			return errors.New(containsAt(text, i))
		}
	}
	switch {
	case text == "":
		return errEmpty
	case len(text) > MaxReference:
		return fmt.Errorf("has %d characters, more than %d", len(text), MaxReference)
	case text[0] == ' ' || text[len(text)-1] == ' ':
		return errors.New("begins or ends with a space")
	case text == "." || text == "..":
		return errDotSegment
	}
	return nil
}
