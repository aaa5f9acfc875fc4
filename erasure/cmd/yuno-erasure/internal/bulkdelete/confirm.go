package bulkdelete

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
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// askAbove is how many customers are erased without asking, outside production.
const askAbove = 10

// confirm says what is about to be erased, and asks where a mistake would be large:
// in production, or for more than ten customers.
func (d *deletion) confirm(ctx context.Context) error {
	n, to := d.job.Remaining(), d.to
	if n == 0 {
		fmt.Fprintln(d.stderr, "Nothing left to send.")
		return nil
	}
	what := customers(n)
	if total := d.list.ToErase(); total != n {
		what += fmt.Sprintf(" (of %d; the others are done)", total)
	}
	fmt.Fprintf(d.stderr, "Erasing %s of account %s %s.\n%s", what, to.account, to.where(), beginning(d.list))
	if d.Yes || !to.careful && n <= askAbove {
		return nil
	}
	if file, ok := d.stdin.(*os.File); !ok || d.File == "-" || !term.IsTerminal(int(file.Fd())) {
		return command.NewUsageError("there is no terminal to ask on", "the same with --yes, if that is what you want")
	}
	fmt.Fprintf(d.stderr, "That cannot be undone. Type the number of customers to go on: ")
	answer, err := bufio.NewReader(command.InterruptibleReader(ctx, d.stdin)).ReadString('\n')
	if ctx.Err() != nil {
		fmt.Fprintln(d.stderr)
		return command.NewExitError(command.ExitInterrupted, "interrupted: nothing was sent")
	}
	if err != nil || strings.TrimSpace(answer) != strconv.Itoa(n) {
		return errors.New("not confirmed: nothing was sent")
	}
	return nil
}

// beginning shows the first ids, so that a person sees whether they are ids.
func beginning(list *bulk.List) string {
	if len(list.First) == 0 {
		return ""
	}
	return "The list begins with " + strings.Join(list.First, " and ") + ".\n"
}

func customers(n int) string {
	if n == 1 {
		return "1 customer"
	}
	return fmt.Sprintf("%d customers", n)
}

// dryRun prints what a run would do.
func (d *deletion) dryRun(ctx context.Context) error {
	left, err := bulk.DryRun(ctx, d.list, d.options())
	if err != nil {
		return journalMistake(err)
	}
	list, to := d.list, d.to
	done := list.ToErase() - left
	problems := []map[string]any{}
	for _, p := range list.Problems {
		problems = append(problems, map[string]any{"line": p.Line, "reason": p.Err.Error()})
	}
	facts := map[string]any{
		"account_code": to.account, "base_url": to.baseURL, "environment": cmp.Or(to.environment, "other"),
		"to_erase": left, "done": done, "first_ids": list.First,
		"duplicates": list.Duplicates, "invalid": list.Invalid, "first_problems": problems, "sent": 0,
	}
	what := customers(left)
	if done > 0 {
		what += fmt.Sprintf(" (of %d; the others are done)", list.ToErase())
	}
	text := fmt.Sprintf("Would erase %s of account %s %s.\n%sNothing was sent.", what, to.account, to.where(), beginning(list))
	if list.Duplicates > 0 {
		text += fmt.Sprintf("\nLeft out as duplicates: %d.", list.Duplicates)
	}
	if err := d.Print(d.stdout, facts, "%s", text); err != nil {
		return fmt.Errorf("writing what would be done: %w", err)
	}
	if list.Invalid > 0 {
		return command.NewExitError(exitFailed, fmt.Sprintf("%d invalid", list.Invalid))
	}
	return nil
}

// printProblems names the lines that hold no id. It does not repeat them.
func printProblems(w io.Writer, name string, list *bulk.List) {
	for _, p := range list.Problems {
		fmt.Fprintf(w, "%s:%d: %v\n", name, p.Line, p.Err)
	}
	if more := list.Invalid - len(list.Problems); more > 0 {
		fmt.Fprintf(w, "%s: and %d more\n", name, more)
	}
}
