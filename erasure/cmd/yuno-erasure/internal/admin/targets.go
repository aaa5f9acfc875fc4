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
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	selection            `embed:""`
	ID                   []string      `arg:"" optional:"" help:"Ids of erasures (all their action_required and failed targets) or of targets."`
	Deadline             time.Duration `help:"How long they may take, from now. It does not move the deadline of the erasure, which counts from its acceptance." default:"720h"`
}

// Help is shown by erasures retry --help.
func (erasuresRetryCommand) Help() string {
	return `Puts action_required and failed targets back to pending. A running service picks them up by itself. What earlier attempts have done is not asked again.

Examples:

  yuno-erasure erasures retry 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88
  yuno-erasure erasures retry 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --deadline 48h
  yuno-erasure erasures retry --provider stripe --reason key_refused --all`
}

// Validate is called by the parser.
func (c *erasuresRetryCommand) Validate() error {
	if err := command.Within("--deadline", c.Deadline, command.ShortestDeadline, command.LongestDeadline); err != nil {
		return err
	}
	return errors.Join(c.selection.check(len(c.ID) > 0), c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run puts the targets back into the queue.
func (c *erasuresRetryCommand) Run(ctx context.Context, stdin command.Stdin, stdout io.Writer, stderr command.Stderr) error {
	store, queue, closeBoth, err := c.OpenWithQueue(ctx, stderr)
	if err != nil {
		return err
	}
	defer closeBoth()
	now, acting := time.Now(), c.Acting(ctx, c.selection.text())
	if c.All {
		n, err := c.selection.each(ctx, store, confirmation{stdin, stderr, "tried again"}, func(ids []string) error {
			return store.Retry(acting, ids, now, now.Add(c.Deadline), queue.Again)
		})
		if err != nil {
			return err
		}
		return c.Print(stdout, map[string]any{"count": n}, "%s will be tried again.", command.Count(n, "target", "targets"))
	}
	targets, err := openTargets(ctx, store, c.ID)
	if err != nil {
		return err
	}
	if err := store.Retry(acting, targets, now, now.Add(c.Deadline), queue.Again); err != nil {
		return noSuchErasure(err, strings.Join(targets, " "))
	}
	return c.Print(stdout, map[string]any{"targets": targets},
		"%s will be tried again.", command.Count(len(targets), "target", "targets"))
}

// openTargets replaces the ids of erasures by those of their open targets.
func openTargets(ctx context.Context, store *sqlstore.Store, ids []string) ([]string, error) {
	targets, err := selectTargets(ctx, store, ids, func(t erasure.Target) bool { return t.State.NeedsAttention() })
	if err == nil && len(targets) == 0 {
		err = errors.New("no target of these erasures failed or needs action")
	}
	return targets, err
}

// selectTargets replaces the ids of erasures by those of their targets that fit. It
// leaves other ids as they are: they are those of targets, or unknown ones, which the
// store rejects.
func selectTargets(ctx context.Context, store *sqlstore.Store, ids []string, fits func(erasure.Target) bool) (targets []string, err error) {
	for _, id := range ids {
		e, err := store.GetErasure(ctx, id)
		switch {
		case errors.Is(err, erasure.ErrNotFound):
			targets = append(targets, id)
			continue
		case err != nil:
			return nil, err
		}
		for _, target := range e.Targets {
			if fits(target) {
				targets = append(targets, target.ID)
			}
		}
	}
	return targets, nil
}

type erasuresResolveCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	selection            `embed:""`
	Target               string `arg:"" optional:"" help:"Id of the target; erasures show prints it."`
	Note                 string `required:"" help:"What was done, for the evidence. No personal data." placeholder:"TEXT"`
}

// Help is shown by erasures resolve --help.
func (erasuresResolveCommand) Help() string {
	return `Changes an action_required or failed target to succeeded. The ids by which its provider knew the customer are destroyed; the note is kept permanently.

Examples:

  yuno-erasure erasures resolve 019b4f6e-2d4b-7a02-8f6d-53c9e1d04b17 --note "deleted in the provider's dashboard, ticket 4711"
  yuno-erasure erasures resolve --provider old-gateway --reason ask_by_hand --all --note "list sent by letter, ticket 4712"`
}

// Validate is called by the parser.
func (c *erasuresResolveCommand) Validate() error {
	return errors.Join(c.selection.check(c.Target != ""), c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run closes the target.
func (c *erasuresResolveCommand) Run(ctx context.Context, stdin command.Stdin, stdout io.Writer, stderr command.Stderr) error {
	if err := command.CheckFreeText("--note", c.Note, erasure.MaxNote); err != nil {
		return command.NewUsageError(err.Error(), "yuno-erasure erasures resolve --help")
	}
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	acting := c.Acting(ctx, c.selection.text())
	if c.All {
		n, err := c.selection.each(ctx, store, confirmation{stdin, stderr, "closed as deleted by hand"}, func(ids []string) error {
			for _, id := range ids {
				if err := store.Resolve(acting, id, c.Note, time.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.Print(stdout, map[string]any{"count": n}, "%s closed.", command.Count(n, "target is", "targets are"))
	}
	if err := store.Resolve(acting, c.Target, c.Note, time.Now()); err != nil {
		if _, isErasure := store.GetErasure(ctx, c.Target); errors.Is(err, erasure.ErrNotFound) && isErasure == nil {
			return command.NewUsageError(c.Target+" is an erasure: want one of its targets",
				"yuno-erasure erasures show "+c.Target)
		}
		return noSuchErasure(err, c.Target)
	}
	return c.Print(stdout, map[string]any{"closed": c.Target}, "Target %s is closed.", c.Target)
}
