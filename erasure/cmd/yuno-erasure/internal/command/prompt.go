package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrNoTerminal is the error of [Ask] if there is nobody to ask.
var ErrNoTerminal = errors.New("there is no terminal to ask for confirmation on")

// Ask asks a person and returns the line that is typed, without white space around it. If
// standard input or standard error is redirected, it asks on the terminal that the command
// was started from, and prints there what the question is about, unless standard error has
// shown it. A command in the background has no terminal: asking would stop it.
//
// Without a terminal the error is [ErrNoTerminal]. When ctx ends it is ctx's, and at the
// end of the input [io.EOF].
func Ask(ctx context.Context, stdin io.Reader, stderr io.Writer, about, question string) (typed string, err error) {
	in, out := stdin, stderr
	if !IsTerminal(stdin) || !IsTerminal(stderr) {
		if _, process := stdin.(*os.File); !process { // called by a test
			return "", ErrNoTerminal
		}
		terminal, err := openTerminal()
		if err != nil {
			return "", ErrNoTerminal
		}
		defer terminal.Close()
		in, out = terminal, terminal
		if !IsTerminal(stderr) {
			fmt.Fprint(out, about)
		}
	}
	fmt.Fprint(out, question)
	typed, err = bufio.NewReader(InterruptibleReader(ctx, in)).ReadString('\n')
	if ctx.Err() != nil {
		fmt.Fprintln(out)
		return "", ctx.Err()
	}
	return strings.TrimSpace(typed), err
}

// Confirmation asks a person to type something before what cannot be undone.
type Confirmation struct {
	About     string // lines that standard error has shown already
	Question  string
	Want      string // what has to be typed
	Otherwise string // what was not done then, such as "nothing was sent"
	Why       string // why it is asked, if that is not usual; for where nobody can be asked
}

// Ask asks, and returns nil if the right thing was typed.
func (c Confirmation) Ask(ctx context.Context, stdin io.Reader, stderr io.Writer) error {
	typed, err := Ask(ctx, stdin, stderr, c.About, c.Question)
	switch {
	case errors.Is(err, ErrNoTerminal):
		text := err.Error()
		if c.Why != "" {
			text = c.Why + ", and " + text
		}
		return NewUsageError(text, "the same with --yes, if that is what you want")
	case ctx.Err() != nil:
		return NewExitError(ExitInterrupted, "interrupted: "+c.Otherwise)
	case err != nil || typed != c.Want:
		return errors.New("not confirmed: " + c.Otherwise)
	}
	return nil
}
