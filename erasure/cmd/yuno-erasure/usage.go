package main

import "io"

// usageError is a mistake in how the command was called: exit status 2, and a
// hint at what to do.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

// errorWriter and stdinReader are standard error and input, where a subcommand
// asks for them.
type (
	errorWriter io.Writer
	stdinReader io.Reader
)
