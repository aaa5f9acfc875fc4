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
	Reopen  erasuresReopenCommand  `cmd:"" help:"Take back targets that ended well, while their references are kept."`
	Resolve erasuresResolveCommand `cmd:"" help:"Close a target that was resolved by hand; the note is kept as evidence."`
	Export  erasuresExportCommand  `cmd:"" help:"Write what was erased, to be erased again after a backup was restored."`
	Apply   erasuresApplyCommand   `cmd:"" help:"Erase again what a restored backup has brought back."`
}

type erasuresShowCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	ID                   string `arg:"" help:"Id of the erasure."`
	References           bool   `help:"Open the ids by which the providers know the customer, of the targets that need a person. That is recorded as evidence."`
}

// Help is shown by erasures show --help.
func (erasuresShowCommand) Help() string {
	return `Shows every target with its evidence: when it changed, the HTTP status of its provider, and the note that an operator left.

With --references it also shows whom to ask the provider for, for targets that are action_required or failed. Handle these ids as personal data.

Examples:

  yuno-erasure erasures show 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88
  yuno-erasure erasures show 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --json
  yuno-erasure erasures show 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --references`
}

// Validate is called by the parser.
func (c *erasuresShowCommand) Validate() error {
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run shows one erasure.
func (c *erasuresShowCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	var references map[string]erasure.References
	if c.References {
		if references, err = store.ShowReferences(c.Acting(ctx, ""), c.ID, time.Now()); err != nil {
			return noSuchErasure(err, c.ID)
		}
	}
	e, err := store.GetErasure(ctx, c.ID)
	if err != nil {
		return noSuchErasure(err, c.ID)
	}
	if c.JSON {
		return command.PrintJSON(stdout, withReferences(e, references))
	}
	return printErasure(stdout, e, references)
}

// shownErasure is an erasure as JSON, with the references that were asked for by target.
type shownErasure struct {
	erasure.Erasure
	References map[string]erasure.References `json:"references,omitempty"`
}

func withReferences(e erasure.Erasure, references map[string]erasure.References) shownErasure {
	return shownErasure{withTargets(e), references}
}

// printErasure prints an erasure for people.
func printErasure(w io.Writer, e erasure.Erasure, references map[string]erasure.References) error {
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
		if !target.ReopenableUntil.IsZero() {
			fmt.Fprintf(&b, "Can be reopened until %s\n", command.FormatTime(target.ReopenableUntil))
		}
		if known, ok := references[target.ID]; ok {
			printReferences(&b, known)
		}
		var rows [][]string
		for _, ev := range target.Evidence {
			status := ""
			if ev.Status != 0 {
				status = strconv.Itoa(ev.Status)
			}
			rows = append(rows, []string{command.FormatTime(ev.At), string(ev.State), strconv.Itoa(ev.Attempt), status, verified(ev.Verified), ev.Reason, ev.Note})
		}
		if err := command.PrintTable(&b, "AT STATE ATTEMPT STATUS VERIFIED REASON NOTE", rows); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(w)
	return err
}

func verified(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

// printReferences prints whom to ask a provider for.
func printReferences(w io.Writer, r erasure.References) {
	if r.Customer != "" {
		fmt.Fprintf(w, "  customer  %s\n", r.Customer)
	}
	for _, token := range r.Tokens {
		fmt.Fprintf(w, "  token     %s\n", token)
	}
	for _, payment := range r.Payments {
		fmt.Fprintf(w, "  payment   %s\n", payment)
	}
}

// noSuchErasure explains an error of the store about the erasure or target with an id.
func noSuchErasure(err error, id string) error {
	var state *erasure.StateError
	switch {
	case errors.Is(err, erasure.ErrNotFound):
		return fmt.Errorf("there is no erasure or target %s (yuno-erasure erasures list)", id)
	case !errors.As(err, &state):
	case errors.Is(err, erasure.ErrNotReopenable) && (state.State == erasure.TargetSucceeded || state.State == erasure.TargetAlreadyGone):
		return fmt.Errorf("target %s is %s, and its references are destroyed: it cannot be reopened (serve --keep-references)", state.TargetID, state.State)
	default:
		return state
	}
	return err
}
