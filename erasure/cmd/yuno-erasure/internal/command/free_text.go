package command

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var mailAddress = regexp.MustCompile(`\S@\S+\.\S`)

// CheckFreeText returns why an operator's text cannot be kept, or nil: it has 1 to most
// characters and no e-mail address, because evidence and logs are kept without personal
// data. The error names the flag and does not repeat the text.
func CheckFreeText(flag, text string, most int) error {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0 || n > most:
		return fmt.Errorf("%s wants 1 to %d characters", flag, most)
	case mailAddress.MatchString(text):
		return fmt.Errorf("%s contains an e-mail address, and it is kept without personal data: name a ticket instead", flag)
	}
	return nil
}
