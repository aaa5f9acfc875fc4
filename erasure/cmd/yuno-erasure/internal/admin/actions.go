package admin

import (
	"cmp"
	"context"
	"io"
	"strconv"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

// ActionsCommand is the actions subcommand.
type ActionsCommand struct {
	List actionsListCommand `cmd:"" help:"List what people have done, newest first."`
}

type actionsListCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	Operator         string `help:"Only actions of this operator, or of this login name." placeholder:"NAME"`
	Erasure          string `help:"Only actions on targets of this erasure." placeholder:"ID"`
	Before           string `help:"Continue the list after the action with this id." placeholder:"ID"`
	Limit            int    `help:"Most actions to list." default:"100"`
}

// Help is shown by actions list --help.
func (actionsListCommand) Help() string {
	return `Shows who did what and when, on the operations page or with this command: retries, resolutions, reopenings, looks at references, pauses, imports, logs that were applied, and changes of accounts, operators and master keys. SUBJECT is an erasure, a connection, an account, an operator, master keys, or what selected the targets; it is empty if ids of several erasures did, and for a log. NOTE counts what an import or a log brought.

Examples:

  yuno-erasure actions list
  yuno-erasure actions list --operator ada --limit 20
  yuno-erasure actions list --erasure 019b4f6e-2d4a-7c31-9a55-6f1e0c2b7d88 --json`
}

// Validate is called by the parser.
func (c *actionsListCommand) Validate() error {
	return cmp.Or(command.Within("--limit", c.Limit, 1, mostListed), c.Flags.Validate())
}

// Run lists actions.
func (c *actionsListCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := store.ListActions(ctx, erasure.ActionFilter{Operator: c.Operator, ErasureID: c.Erasure, Before: c.Before, Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.JSON {
		return command.PrintJSON(stdout, append([]erasure.Action{}, list...))
	}
	var rows [][]string
	for _, a := range list {
		targets := ""
		if a.Targets > 0 {
			targets = strconv.Itoa(a.Targets)
		}
		rows = append(rows, []string{command.FormatTime(a.At), a.Operator, string(a.Via), string(a.Kind), a.Subject, targets, a.Note, a.ID})
	}
	return command.PrintTable(stdout, "AT OPERATOR VIA ACTION SUBJECT TARGETS NOTE ID", rows)
}
