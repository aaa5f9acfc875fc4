package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type erasuresCommand struct {
	List    erasuresListCommand    `cmd:"" help:"List erasures, newest first."`
	Show    erasuresShowCommand    `cmd:"" help:"Show an erasure with its targets and their evidence."`
	Retry   erasuresRetryCommand   `cmd:"" help:"Try targets again that failed or that needed action."`
	Resolve erasuresResolveCommand `cmd:"" help:"Close a target that was dealt with by hand; the note is kept as evidence."`
}

type erasuresListCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Account       string `help:"Only this account's." placeholder:"UUID"`
	Customer      string `help:"Only this customer's." placeholder:"ID"`
	State         string `help:"Only in this state: in_progress, completed, completed_with_exceptions, attention_required." enum:",in_progress,completed,completed_with_exceptions,attention_required" default:""`
	Overdue       bool   `help:"Only those that are not complete and past their deadline, as the metric counts them."`
	Before        string `help:"Continue after the erasure with this id." placeholder:"ID"`
	Limit         int    `help:"At most so many." default:"100"`
}

// Help is shown by erasures list --help.
func (erasuresListCommand) Help() string {
	return `Shows what was accepted and how far it is. The ids are those of erasures show.

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
	return c.databaseFlags.Validate()
}

// Run lists erasures.
func (c *erasuresListCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if c.Account != "" {
		if err := knowsAccount(ctx, store, c.Account); err != nil {
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
		return printJSON(stdout, list)
	}
	var rows [][]string
	for _, e := range list {
		rows = append(rows, []string{e.ID, string(e.State), e.AccountCode, e.CustomerID, timeText(e.AcceptedAt), timeText(e.Deadline), timeText(e.FinalAt)})
	}
	return printTable(stdout, "ERASURE STATE ACCOUNT CUSTOMER ACCEPTED DEADLINE FINAL", rows)
}

type erasuresShowCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	ID            string `arg:"" help:"Id of the erasure."`
}

// Help is shown by erasures show --help.
func (erasuresShowCommand) Help() string {
	return `Shows every target with its evidence: when it changed, what its provider answered, and which note an operator left.

Examples:

  yuno-erasure erasures show 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88
  yuno-erasure erasures show 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --json`
}

// Run shows one erasure.
func (c *erasuresShowCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	e, err := store.GetErasure(ctx, c.ID)
	if err != nil {
		return noSuchErasure(err, c.ID)
	}
	if c.JSON {
		return printJSON(stdout, e)
	}
	return printErasure(stdout, e)
}

func printErasure(w io.Writer, e erasure.Erasure) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Erasure   %s\nState     %s\nAccount   %s\nCustomer  %s\nAccepted  %s\nDeadline  %s\n",
		e.ID, e.State, e.AccountCode, e.CustomerID, timeText(e.AcceptedAt), timeText(e.Deadline))
	if !e.FinalAt.IsZero() {
		fmt.Fprintf(&b, "Final     %s\n", timeText(e.FinalAt))
	}
	if len(e.Targets) == 0 {
		fmt.Fprintf(&b, "\nNo provider was known for this customer: none was asked.\n")
	}
	for _, target := range e.Targets {
		fmt.Fprintf(&b, "\nTarget %s at %s: %s\n", target.ID, target.Provider, target.State)
		var rows [][]string
		for _, ev := range target.Evidence {
			status := ""
			if ev.Status != 0 {
				status = strconv.Itoa(ev.Status)
			}
			rows = append(rows, []string{timeText(ev.At), string(ev.State), strconv.Itoa(ev.Attempt), status, ev.Reason, ev.Note})
		}
		if err := printTable(&b, "AT STATE ATTEMPT STATUS REASON NOTE", rows); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(w)
	return err
}

type erasuresRetryCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	ID            []string      `arg:"" help:"Ids of erasures (all their open targets) or of targets."`
	Deadline      time.Duration `help:"How long they may take from now." default:"720h"`
}

// Help is shown by erasures retry --help.
func (erasuresRetryCommand) Help() string {
	return `Takes targets that are action_required or failed back to pending. A service that runs takes them up by itself.

Examples:

  yuno-erasure erasures retry 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88
  yuno-erasure erasures retry 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --deadline 48h`
}

// Validate is called by the parser.
func (c *erasuresRetryCommand) Validate() error {
	if c.Deadline <= 0 {
		return errors.New("--deadline wants a positive duration")
	}
	return c.databaseFlags.Validate()
}

// Run puts the targets back into the queue. A running serve takes them up.
func (c *erasuresRetryCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	targets, err := openTargets(ctx, store, c.ID)
	if err != nil {
		return err
	}
	queue, err := jobs.Open(ctx, store, jobs.Config{})
	if err != nil {
		return err
	}
	defer queue.Close()
	now := time.Now()
	if err := store.Retry(ctx, targets, now, now.Add(c.Deadline), queue.Enqueue); err != nil {
		return noSuchErasure(err, strings.Join(targets, " "))
	}
	return c.say(stdout, map[string]any{"targets": targets}, "%s will be tried again.", counted(len(targets), "target", "targets"))
}

// openTargets turns ids of erasures into those of their open targets, and
// leaves others as they are.
func openTargets(ctx context.Context, store *sqlstore.Store, ids []string) ([]string, error) {
	var targets []string
	for _, id := range ids {
		e, err := store.GetErasure(ctx, id)
		switch {
		case errors.Is(err, erasure.ErrNotFound):
			targets = append(targets, id) // a target's, or nobody's: Retry says so
			continue
		case err != nil:
			return nil, err
		}
		for _, target := range e.Targets {
			if target.State.NeedsAttention() {
				targets = append(targets, target.ID)
			}
		}
	}
	if len(targets) == 0 {
		return nil, errors.New("no target of these erasures failed or needs action")
	}
	return targets, nil
}

type erasuresResolveCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Target        string `arg:"" help:"Id of the target; erasures show prints it."`
	Note          string `required:"" help:"What was done, for the evidence. No personal data." placeholder:"TEXT"`
}

// Help is shown by erasures resolve --help.
func (erasuresResolveCommand) Help() string {
	return `Makes an action_required or failed target succeeded. What its provider knew the customer by is destroyed; the note is kept for good.

Examples:

  yuno-erasure erasures resolve 019b4f6e-2d4b-7a02-8f6d-53c9e1d04b17 --note "deleted in the provider's dashboard, ticket 4711"`
}

// Run closes the target.
func (c *erasuresResolveCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	if note := strings.TrimSpace(c.Note); note == "" || len(note) > 1000 {
		return &usageError{"--note wants 1 to 1000 characters that say what was done", "yuno-erasure erasures resolve --help"}
	}
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Resolve(ctx, c.Target, c.Note, time.Now()); err != nil {
		if _, isErasure := store.GetErasure(ctx, c.Target); errors.Is(err, erasure.ErrNotFound) && isErasure == nil {
			return &usageError{c.Target + " is an erasure: want one of its targets", "yuno-erasure erasures show " + c.Target}
		}
		return noSuchErasure(err, c.Target)
	}
	return c.say(stdout, map[string]any{"closed": c.Target}, "Target %s is closed.", c.Target)
}

func noSuchErasure(err error, id string) error {
	switch {
	case errors.Is(err, erasure.ErrNotFound):
		return fmt.Errorf("there is no erasure or target %s (yuno-erasure erasures list)", id)
	case errors.Is(err, erasure.ErrNotOpen):
		return fmt.Errorf("target %s: only action_required and failed targets can be retried or resolved", id)
	}
	return err
}
