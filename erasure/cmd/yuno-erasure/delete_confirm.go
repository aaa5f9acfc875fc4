package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// askAbove is how many customers are erased without asking, outside production.
const askAbove = 10

// confirm says what is about to be erased, and asks where a mistake would be large:
// in production, or for more than ten customers.
func (c *deleteCommand) confirm(ctx context.Context, stdin io.Reader, stderr io.Writer, census *bulk.Census, to *destination) error {
	n := census.Left()
	if n == 0 {
		fmt.Fprintln(stderr, "Nothing left to send.")
		return nil
	}
	what := customers(n)
	if total := census.ToErase(); total != n {
		what += fmt.Sprintf(" (of %d; the others are done)", total)
	}
	fmt.Fprintf(stderr, "Erasing %s of account %s %s.\n%s", what, to.account, to.where(), beginning(census))
	if c.Yes || !to.careful && n <= askAbove {
		return nil
	}
	if file, ok := stdin.(*os.File); !ok || c.File == "-" || !term.IsTerminal(int(file.Fd())) {
		return &usageError{"there is no terminal to ask on", "the same with --yes, if that is what you want"}
	}
	fmt.Fprintf(stderr, "That cannot be undone. Type the number of customers to go on: ")
	answer, err := bufio.NewReader(interruptible{ctx, stdin}).ReadString('\n')
	if ctx.Err() != nil {
		fmt.Fprintln(stderr)
		return &exitError{exitInterrupted, "interrupted: nothing was sent"}
	}
	if err != nil || strings.TrimSpace(answer) != strconv.Itoa(n) {
		return errors.New("not confirmed: nothing was sent")
	}
	return nil
}

// beginning shows the first ids, so that a person sees whether they are ids.
func beginning(census *bulk.Census) string {
	if len(census.First) == 0 {
		return ""
	}
	return "The list begins with " + strings.Join(census.First, " and ") + ".\n"
}

func customers(n int) string {
	if n == 1 {
		return "1 customer"
	}
	return fmt.Sprintf("%d customers", n)
}

// dryRun says what a run would do.
func (c *deleteCommand) dryRun(stdout io.Writer, census *bulk.Census, to *destination) error {
	problems := []map[string]any{}
	for _, p := range census.Problems {
		problems = append(problems, map[string]any{"line": p.Line, "reason": p.Err.Error()})
	}
	left, done := census.Left(), census.ToErase()-census.Left()
	facts := map[string]any{
		"account_code": to.account, "base_url": to.baseURL, "environment": cmp.Or(to.environment, "other"),
		"to_erase": left, "done": done, "first_ids": census.First,
		"duplicates": census.Duplicates, "invalid": census.Invalid, "first_problems": problems, "sent": 0,
	}
	what := customers(left)
	if done > 0 {
		what += fmt.Sprintf(" (of %d; the others are done)", census.ToErase())
	}
	text := fmt.Sprintf("Would erase %s of account %s %s.\n%sNothing was sent.", what, to.account, to.where(), beginning(census))
	if census.Duplicates > 0 {
		text += fmt.Sprintf("\nLeft out as duplicates: %d.", census.Duplicates)
	}
	if err := c.say(stdout, facts, "%s", text); err != nil {
		return fmt.Errorf("writing what would be done: %w", err)
	}
	if census.Invalid > 0 {
		return &exitError{exitFailed, fmt.Sprintf("%d invalid", census.Invalid)}
	}
	return nil
}

// printProblems names the lines that hold no id. It does not repeat them.
func printProblems(w io.Writer, name string, census *bulk.Census) {
	for _, p := range census.Problems {
		fmt.Fprintf(w, "%s:%d: %v\n", name, p.Line, p.Err)
	}
	if more := census.Invalid - len(census.Problems); more > 0 {
		fmt.Fprintf(w, "%s: and %d more\n", name, more)
	}
}
