package main

import "io"

// usageError is a mistake in how the command was called: exit status 2, and a
// hint at what to do.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

// errorWriter is standard error, where a subcommand asks for it.
type errorWriter io.Writer
