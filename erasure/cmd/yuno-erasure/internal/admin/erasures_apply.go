package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/erasurelog"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type erasuresApplyCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	File                 string `arg:"" help:"File of erasures export or serve --erasure-log. Earlier parts of a log are read from beside it."`
	AnotherDatabase      bool   `help:"Apply the log of another database, such as one that was replaced."`
}

// Help is shown by erasures apply --help.
func (erasuresApplyCommand) Help() string {
	return `A customer who is live is erased as then; targets that had ended well stay so, and providers are asked about the others. A customer who is not in the backup is recorded as erased, so that an import does not bring the customer back. What the database has already stays as it is, so it is safe to repeat.

The whole file is checked first. Nothing is applied if a line was changed or is missing.

The log has no references of providers. A target that had not ended, of a customer who is not in the backup, needs manual action: its reason is references_lost.

See docs/restore.md.

Examples:

  yuno-erasure erasures apply /var/log/yuno-erasure/erasures.log
  yuno-erasure erasures apply --json erased.jsonl`
}

// Validate is called by the parser.
func (c *erasuresApplyCommand) Validate() error {
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run applies the file.
func (c *erasuresApplyCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	command.OutliveReaders()
	store, queue, closeBoth, err := c.OpenWithQueue(ctx, stderr)
	if err != nil {
		return err
	}
	defer closeBoth()
	position, err := store.LogPosition(ctx)
	if err != nil {
		return err
	}
	log, err := c.load(position)
	if err != nil {
		return err
	}
	sum, err := apply(c.Acting(ctx, ""), store, log, queue.Enqueue)
	if err != nil {
		return err
	}
	if log.Last == 0 {
		sum.Reopened = nil // an export has no order
	}
	if log.Last > 0 && (position.Database == "" || position.Database == log.Database) {
		path := cmp.Or(position.Path, database.Absolute(c.File))
		err = store.AdvanceLog(ctx, sqlstore.LogPosition{Database: log.Database, Last: log.Last, Path: path})
		if err != nil {
			return err
		}
	}
	if log.Open {
		fmt.Fprintf(stderr, "yuno-erasure: %s has no end: it is the part that was being written, or its last lines are missing\n", c.File)
	}
	return command.UnlessUnread(c.Print(stdout, applyFacts(log, sum), "%s", applySummary(log, sum)))
}

// load checks the log, as far back as the database needs it.
func (c *erasuresApplyCommand) load(p sqlstore.LogPosition) (*erasurelog.Log, error) {
	header, _, err := erasurelog.Head(c.File)
	if err != nil {
		return nil, fmt.Errorf("nothing was applied: %w", err)
	}
	after := p.Last
	if p.Database != "" && p.Database != header.Database {
		if after = 0; !c.AnotherDatabase {
			whose := " is the log of another database"
			if header.Database == "" { // an export of one that had no log
				whose = " does not say of which database it is"
			}
			return nil, command.NewUsageError(c.File+whose+": nothing was applied",
				"--another-database if this one is that database or replaces it")
		}
	}
	log, err := erasurelog.Load(c.File, after)
	if err != nil {
		return nil, fmt.Errorf("nothing was applied: %w", err)
	}
	return log, nil
}

// applyBatch is the number of erasures that are applied in one transaction.
const applyBatch = 100

func apply(ctx context.Context, store *sqlstore.Store, log *erasurelog.Log, enqueue erasure.EnqueueFunc) (sum erasure.Reapplied, err error) {
	var batch []erasure.Change
	flush := func() error {
		done, err := store.Reapply(ctx, batch, time.Now(), enqueue)
		sum.Add(done)
		batch = batch[:0]
		return err
	}
	err = log.Each(func(c erasure.Change) error {
		if batch = append(batch, c); len(batch) < applyBatch {
			return nil
		}
		return flush()
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	return sum, err
}

func applyFacts(log *erasurelog.Log, sum erasure.Reapplied) map[string]any {
	return map[string]any{
		"erasures": log.Erasures(), "erased": sum.Erased, "unknown": sum.Unknown, "known": sum.Known,
		"targets_ended": sum.Ended, "targets_asked": sum.Asked, "targets_lost": sum.Lost,
		"accounts_created": append([]string{}, sum.Accounts...), "targets_reopened_since": append([]string{}, sum.Reopened...),
	}
}

func applySummary(log *erasurelog.Log, sum erasure.Reapplied) string {
	text := fmt.Sprintf("%s in the log: %s erased again, %d not in this database, %d known here.\n%s had ended, %d will be asked",
		command.Count(log.Erasures(), "erasure", "erasures"), command.Count(sum.Erased, "customer", "customers"), sum.Unknown, sum.Known,
		command.Count(sum.Ended, "target", "targets"), sum.Asked)
	if sum.Lost > 0 {
		text += fmt.Sprintf(", %d need manual action because their references are lost (erasures list --state attention_required)", sum.Lost)
	}
	if len(sum.Reopened) > 0 {
		text += ".\nReopened after the backup, and completed here: yuno-erasure erasures reopen " + strings.Join(sum.Reopened, " ")
	}
	if len(sum.Accounts) > 0 {
		text += ".\nCreated without keys, since they were not in this database (accounts rotate gives them keys): " + strings.Join(sum.Accounts, ", ")
	}
	return text + "."
}
