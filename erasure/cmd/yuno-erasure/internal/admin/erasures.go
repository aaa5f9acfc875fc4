package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

// ErasuresCommand is the erasures subcommand.
type ErasuresCommand struct {
	List    erasuresListCommand    `cmd:"" help:"List erasures, newest first."`
	Show    erasuresShowCommand    `cmd:"" help:"Show an erasure with its targets and their evidence."`
	Retry   erasuresRetryCommand   `cmd:"" help:"Try failed and action_required targets again."`
	Resolve erasuresResolveCommand `cmd:"" help:"Close a target that was resolved by hand; the note is kept as evidence."`
	Export  erasuresExportCommand  `cmd:"" help:"Write what was erased, to be erased again after a backup was restored."`
	Apply   erasuresApplyCommand   `cmd:"" help:"Erase again what a restored backup has brought back."`
}

type erasuresListCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	Account          string `help:"Only erasures of this account." placeholder:"UUID"`
	Customer         string `help:"Only erasures of this customer." placeholder:"ID"`
	State            string `help:"Only in this state: in_progress, completed, completed_with_exceptions, attention_required." enum:",in_progress,completed,completed_with_exceptions,attention_required" default:""`
	Overdue          bool   `help:"Only erasures that are not complete and past their deadline, as the metric counts them."`
	Before           string `help:"Continue the list after the erasure with this id." placeholder:"ID"`
	Limit            int    `help:"Most erasures to list." default:"100"`
}

// Help is shown by erasures list --help.
func (erasuresListCommand) Help() string {
	return `Shows the accepted erasures and their states. erasures show takes the ids.

Examples:

  yuno-erasure erasures list
  yuno-erasure erasures list --state attention_required
  yuno-erasure erasures list --overdue
  yuno-erasure erasures list --state attention_required --account 493e9374-510a-4201-9e09-de669d75f256
  yuno-erasure erasures list --json --limit 1000`
}

// Validate is called by the parser.
func (c *erasuresListCommand) Validate() error {
	if c.Limit < 1 {
		return errors.New("--limit wants 1 or more")
	}
	return c.Flags.Validate()
}

// Run lists erasures.
func (c *erasuresListCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if c.Account != "" {
		if err := checkAccount(ctx, store, c.Account); err != nil {
			return err
		}
	}
	filter := erasure.ErasureFilter{
		AccountCode: c.Account, CustomerID: c.Customer, State: erasure.ErasureState(c.State), Before: c.Before, Limit: c.Limit,
	}
	if c.Overdue {
		filter.OverdueAt = time.Now()
	}
	list, err := store.ListErasures(ctx, filter)
	if err != nil {
		return err
	}
	if c.JSON {
		if list == nil {
			list = []erasure.Erasure{}
		}
		return command.PrintJSON(stdout, list)
	}
	var rows [][]string
	for _, e := range list {
		rows = append(rows, []string{
			e.ID, string(e.State), e.AccountCode, e.CustomerID,
			command.FormatTime(e.AcceptedAt), command.FormatTime(e.Deadline), command.FormatTime(e.FinalAt),
		})
	}
	return command.PrintTable(stdout, "ERASURE STATE ACCOUNT CUSTOMER ACCEPTED DEADLINE FINAL", rows)
}

type erasuresShowCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	ID               string `arg:"" help:"Id of the erasure."`
}

// Help is shown by erasures show --help.
func (erasuresShowCommand) Help() string {
	return `Shows every target with its evidence: when it changed, the HTTP status of its provider, and the note that an operator left.

Examples:

  yuno-erasure erasures show 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88
  yuno-erasure erasures show 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --json`
}

// Run shows one erasure.
func (c *erasuresShowCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	e, err := store.GetErasure(ctx, c.ID)
	if err != nil {
		return noSuchErasure(err, c.ID)
	}
	if c.JSON {
		return command.PrintJSON(stdout, e)
	}
	return printErasure(stdout, e)
}

// printErasure prints an erasure for people.
func printErasure(w io.Writer, e erasure.Erasure) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Erasure   %s\nState     %s\nAccount   %s\nCustomer  %s\nAccepted  %s\nDeadline  %s\n",
		e.ID, e.State, e.AccountCode, e.CustomerID, command.FormatTime(e.AcceptedAt), command.FormatTime(e.Deadline))
	if !e.FinalAt.IsZero() {
		fmt.Fprintf(&b, "Final     %s\n", command.FormatTime(e.FinalAt))
	}
	if len(e.Targets) == 0 {
		fmt.Fprintf(&b, "\nThis customer had no providers: none was asked.\n")
	}
	for _, target := range e.Targets {
		fmt.Fprintf(&b, "\nTarget %s at %s: %s\n", target.ID, target.Provider, target.State)
		var rows [][]string
		for _, ev := range target.Evidence {
			status := ""
			if ev.Status != 0 {
				status = strconv.Itoa(ev.Status)
			}
			rows = append(rows, []string{command.FormatTime(ev.At), string(ev.State), strconv.Itoa(ev.Attempt), status, ev.Reason, ev.Note})
		}
		if err := command.PrintTable(&b, "AT STATE ATTEMPT STATUS REASON NOTE", rows); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(w)
	return err
}

// noSuchErasure explains an error of the store about the erasure or target with an id.
func noSuchErasure(err error, id string) error {
	switch {
	case errors.Is(err, erasure.ErrNotFound):
		return fmt.Errorf("there is no erasure or target %s (yuno-erasure erasures list)", id)
	case errors.Is(err, erasure.ErrNotOpen):
		return fmt.Errorf("target %s: only action_required and failed targets can be retried or resolved", id)
	}
	return err
}
