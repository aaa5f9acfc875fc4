package command

import (
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure"
)

// CheckFreeText is [erasure.CheckFreeText] of a flag, which the error names.
func CheckFreeText(flag, text string, most int) error {
	if err := erasure.CheckFreeText(text, most); err != nil {
		return fmt.Errorf("%s %w", flag, err)
	}
	return nil
}
