package main

import (
	"errors"
	"io"
)

// usageError is a mistake in how the command was called: exit status 2, and a
// hint at what to do.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

// exitError ends the program with a status of its own.
type exitError struct {
	code int
	msg  string
}

func (e *exitError) Error() string { return e.msg }

// errorWriter and stdinReader are standard error and input, where a subcommand
// asks for them.
type (
	errorWriter io.Writer
	stdinReader io.Reader
)

func checkPort(port int) error {
	if port < 0 || port > 65535 {
		return errors.New("--port wants 0 to 65535")
	}
	return nil
}
