package erasure

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The greatest numbers of characters of texts that operators write.
const (
	MaxNote        = 1000 // on a target that was resolved by hand
	MaxPauseReason = 200
)

var mailAddress = regexp.MustCompile(`\S@\S+\.\S`)

// CheckFreeText returns why an operator's text cannot be kept, or nil: it has 1 to most
// characters and no e-mail address, because evidence and logs are kept without personal
// data. The error is a predicate and does not repeat the text.
func CheckFreeText(text string, most int) error {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0 || n > most || !utf8.ValidString(text):
		return fmt.Errorf("wants 1 to %d characters", most)
	case mailAddress.MatchString(text):
		return errors.New("contains an e-mail address, and it is kept without personal data: name a ticket instead")
	}
	return nil
}
