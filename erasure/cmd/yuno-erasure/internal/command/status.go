package command

// Exit statuses of all subcommands. A subcommand that has more documents them in
// its help.
const (
	ExitOK          = 0
	ExitFailure     = 1   // anything that has no status of its own
	ExitUsage       = 2   // called wrongly; nothing was done
	ExitNotFound    = 4   // done, and some or all of what was named does not exist
	ExitInterrupted = 130 // ended by a signal, as a shell reports SIGINT
)

// UsageError is a mistake in how the command was called. The command prints both
// lines and exits with [ExitUsage].
type UsageError struct {
	Message string // what was wrong, and where
	Hint    string // what to try, printed after "Try: "
}

// NewUsageError returns a *UsageError.
func NewUsageError(message, hint string) error { return &UsageError{message, hint} }

// Error implements error. It returns the message without the hint.
func (e *UsageError) Error() string { return e.Message }

// ExitError ends the command with a status of its own.
type ExitError struct {
	Status  int
	Message string
}

// NewExitError returns an *ExitError.
func NewExitError(status int, message string) error { return &ExitError{status, message} }

// Error implements error.
func (e *ExitError) Error() string { return e.Message }
