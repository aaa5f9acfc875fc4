package admin

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type erasuresRetryCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	ID               []string      `arg:"" help:"Ids of erasures (all their open targets) or of targets."`
	Deadline         time.Duration `help:"How long they may take, from now." default:"720h"`
}

// Help is shown by erasures retry --help.
func (erasuresRetryCommand) Help() string {
	return `Puts action_required and failed targets back to pending. A running service picks them up by itself.

Examples:

  yuno-erasure erasures retry 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88
  yuno-erasure erasures retry 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --deadline 48h`
}

// Validate is called by the parser.
func (c *erasuresRetryCommand) Validate() error {
	if c.Deadline <= 0 {
		return errors.New("--deadline wants a positive duration")
	}
	return c.Flags.Validate()
}

// Run puts the targets back into the queue.
func (c *erasuresRetryCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	targets, err := openTargets(ctx, store, c.ID)
	if err != nil {
		return err
	}
	queue, err := database.OpenQueue(ctx, store)
	if err != nil {
		return err
	}
	defer queue.Close()
	now := time.Now()
	if err := store.Retry(ctx, targets, now, now.Add(c.Deadline), queue.Again); err != nil {
		return noSuchErasure(err, strings.Join(targets, " "))
	}
	return c.Print(stdout, map[string]any{"targets": targets},
		"%s will be tried again.", command.Count(len(targets), "target", "targets"))
}

// openTargets replaces the ids of erasures by those of their open targets. It leaves
// other ids as they are.
func openTargets(ctx context.Context, store *sqlstore.Store, ids []string) ([]string, error) {
	var targets []string
	for _, id := range ids {
		e, err := store.GetErasure(ctx, id)
		switch {
		case errors.Is(err, erasure.ErrNotFound):
			targets = append(targets, id) // a target's id or an unknown one, which Retry rejects
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
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	Target           string `arg:"" help:"Id of the target; erasures show prints it."`
	Note             string `required:"" help:"What was done, for the evidence. No personal data." placeholder:"TEXT"`
}

// Help is shown by erasures resolve --help.
func (erasuresResolveCommand) Help() string {
	return `Changes an action_required or failed target to succeeded. The ids by which its provider knew the customer are destroyed; the note is kept permanently.

Examples:

  yuno-erasure erasures resolve 019b4f6e-2d4b-7a02-8f6d-53c9e1d04b17 --note "deleted in the provider's dashboard, ticket 4711"`
}

// Run closes the target.
func (c *erasuresResolveCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	if note := strings.TrimSpace(c.Note); note == "" || len(note) > 1000 {
		return command.NewUsageError("--note wants 1 to 1000 characters that say what was done",
			"yuno-erasure erasures resolve --help")
	}
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Resolve(ctx, c.Target, c.Note, time.Now()); err != nil {
		if _, isErasure := store.GetErasure(ctx, c.Target); errors.Is(err, erasure.ErrNotFound) && isErasure == nil {
			return command.NewUsageError(c.Target+" is an erasure: want one of its targets",
				"yuno-erasure erasures show "+c.Target)
		}
		return noSuchErasure(err, c.Target)
	}
	return c.Print(stdout, map[string]any{"closed": c.Target}, "Target %s is closed.", c.Target)
}
