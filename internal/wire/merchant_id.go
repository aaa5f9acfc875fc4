package wire

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxMerchantCustomerID is the greatest number of characters in a merchant's id of a
// customer ("The Customer Object").
const MaxMerchantCustomerID = 255

// CheckMerchantCustomerID returns why text is not a merchant's id of a customer, or nil.
// Like that of [CheckCustomerID], the error's text is a predicate and does not repeat
// the id.
//
// The id is the merchant's own and travels in a query, escaped. So it may have any
// characters but those that forge what people read.
func CheckMerchantCustomerID(text string) error {
	if text == "" {
		return errEmpty
	}
	if !utf8.ValidString(text) {
		return errors.New("is not valid UTF-8")
	}
	characters := 0
	for i, r := range text {
		if unicode.IsControl(r) {
			return errors.New(containsAt(text, i))
		}
		characters++
	}
	if characters > MaxMerchantCustomerID {
		return fmt.Errorf("has %d characters, more than %d", characters, MaxMerchantCustomerID)
	}
	return nil
}
