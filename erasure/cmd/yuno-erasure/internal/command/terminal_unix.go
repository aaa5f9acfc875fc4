//go:build unix

package command

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openTerminal opens the terminal that the command was started from.
func openTerminal() (*os.File, error) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	// A read in the background would stop the whole command (SIGTTIN), and nobody would
	// see why.
	foreground, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	if err == nil && foreground != unix.Getpgrp() {
		err = errors.New("the command is in the background")
	}
	if err != nil {
		return nil, errors.Join(err, terminal.Close())
	}
	return terminal, nil
}
