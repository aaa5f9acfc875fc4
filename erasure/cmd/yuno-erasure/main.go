// Command yuno-erasure erases customers: through Yuno's delete-customer call, and
// as the service that answers it.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal is not caught: it ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

type commands struct {
	Delete deleteCommand `cmd:"" help:"Erase customers, one or a file of them."`

	cli.Commands `embed:""`
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return cli.RunRoot(ctx, &commands{}, kong.Vars{"profiles_file": profilesPath()}, args, stdin, stdout, stderr)
}

const (
	exitOK          = command.ExitOK
	exitFailure     = command.ExitFailure
	exitUsage       = command.ExitUsage
	exitInterrupted = command.ExitInterrupted
)

type (
	errorWriter = command.Stderr
	stdinReader = command.Stdin
)

type usageError struct{ msg, hint string }

func (e *usageError) Error() string { return e.msg }

func (e *usageError) As(target any) bool {
	to, ok := target.(**command.UsageError)
	if ok {
		*to = &command.UsageError{Message: e.msg, Hint: e.hint}
	}
	return ok
}

type exitError struct {
	code int
	msg  string
}

func (e *exitError) Error() string { return e.msg }

func (e *exitError) As(target any) bool {
	to, ok := target.(**command.ExitError)
	if ok {
		*to = &command.ExitError{Status: e.code, Message: e.msg}
	}
	return ok
}

type jsonFlag struct {
	command.JSONFlag `embed:""`
}

func (f jsonFlag) say(w io.Writer, facts map[string]any, format string, args ...any) error {
	return f.Print(w, facts, format, args...)
}

func printJSON(w io.Writer, value any) error { return command.PrintJSON(w, value) }

type firstError struct {
	w   io.Writer
	err error
}

// Write implements [io.Writer].
func (f *firstError) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if f.err == nil {
		f.err = err
	}
	return n, err
}
