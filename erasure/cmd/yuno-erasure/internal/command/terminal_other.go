//go:build !unix

package command

import (
	"errors"
	"os"
)

// openTerminal reports that there is none: on other systems, both standard input and
// standard error have to be the terminal.
func openTerminal() (*os.File, error) { return nil, errors.ErrUnsupported }
