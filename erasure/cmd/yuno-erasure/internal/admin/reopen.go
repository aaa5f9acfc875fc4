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

type erasuresReopenCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	ID                   []string      `arg:"" help:"Ids of erasures (all their targets that can be reopened) or of targets."`
	Deadline             time.Duration `help:"How long they may take, from now." default:"720h"`
}

// Help is shown by erasures reopen --help.
func (erasuresReopenCommand) Help() string {
	return `Puts succeeded and already_gone targets back to pending, for example after a success that turned out to be none: a key of another account, a wrong address. The provider is asked again with all ids by which it knew the customer.

serve keeps these ids for --keep-references after the end of a target; erasures show says until when it can be reopened.

Examples:

  yuno-erasure erasures reopen 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88
  yuno-erasure erasures reopen 019b4f6e-2d4b-7a02-8f6d-53c9e1d04b17 --deadline 48h`
}

// Validate is called by the parser.
func (c *erasuresReopenCommand) Validate() error {
	if err := command.Within("--deadline", c.Deadline, command.ShortestDeadline, command.LongestDeadline); err != nil {
		return err
	}
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run reopens the targets.
func (c *erasuresReopenCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, queue, closeBoth, err := c.OpenWithQueue(ctx, stderr)
	if err != nil {
		return err
	}
	defer closeBoth()
	targets, err := reopenableTargets(ctx, store, c.ID)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := store.Reopen(c.Acting(ctx, ""), targets, now, now.Add(c.Deadline), queue.Again); err != nil {
		return noSuchErasure(err, strings.Join(targets, " "))
	}
	return c.Print(stdout, map[string]any{"targets": targets},
		"%s will be asked again.", command.Count(len(targets), "target", "targets"))
}

func reopenableTargets(ctx context.Context, store *sqlstore.Store, ids []string) ([]string, error) {
	targets, err := selectTargets(ctx, store, ids, func(t erasure.Target) bool { return !t.ReopenableUntil.IsZero() })
	if err == nil && len(targets) == 0 {
		err = errors.New("no target of these erasures can be reopened: none has ended well, or their references are destroyed (serve --keep-references)")
	}
	return targets, err
}
