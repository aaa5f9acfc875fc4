package admin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type erasuresListCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	ops.Search       `embed:""`
	Before           string `help:"Continue the list after the erasure with this id." placeholder:"ID"`
	Limit            int    `help:"Most erasures to list; more are counted on standard error." default:"100"`
}

// Help is shown by erasures list --help.
func (erasuresListCommand) Help() string {
	return `Shows the accepted erasures and their states. PROVIDER and REASON are those of the targets that are not done; --json has all targets. erasures show takes the ids.

Examples:

  yuno-erasure erasures list
  yuno-erasure erasures list --state attention_required
  yuno-erasure erasures list --provider stripe --reason key_refused
  yuno-erasure erasures list --person --since 2026-11-01
  yuno-erasure erasures list --overdue
  yuno-erasure erasures list --at-risk
  yuno-erasure erasures list --state attention_required --account 493e9374-510a-4201-9e09-de669d75f256
  yuno-erasure erasures list --json --limit 1000`
}

// mostListed bounds --limit, for the sake of memory.
const mostListed = 1_000_000

// Validate is called by the parser.
func (c *erasuresListCommand) Validate() error {
	_, err := c.filter()
	return cmp.Or(err, command.Within("--limit", c.Limit, 1, mostListed), c.Flags.Validate())
}

func (c *erasuresListCommand) filter() (erasure.ErasureFilter, error) {
	f, err := c.Filter(time.Now())
	f.Before, f.Limit, f.WithTargets = c.Before, c.Limit, true
	return f, err
}

// Run lists erasures.
func (c *erasuresListCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
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
	list, err := store.ListErasures(ctx, filter)
	if err != nil {
		return err
	}
	if c.JSON {
		err = command.PrintJSON(stdout, listed(list))
	} else {
		err = command.PrintTable(stdout, "ERASURE STATE PROVIDER REASON ACCOUNT CUSTOMER ACCEPTED DEADLINE FINAL", erasureRows(list))
	}
	if err != nil || len(list) < c.Limit {
		return err
	}
	return reportMore(ctx, store, filter, list[len(list)-1].ID, stderr)
}

// listed returns the erasures for JSON, in which no list is null.
func listed(list []erasure.Erasure) []erasure.Erasure {
	all := make([]erasure.Erasure, len(list))
	for i, e := range list {
		all[i] = withTargets(e)
	}
	return all
}

// withTargets returns the erasure with an empty list of targets instead of none.
func withTargets(e erasure.Erasure) erasure.Erasure {
	if e.Targets == nil {
		e.Targets = []erasure.Target{}
	}
	return e
}

func erasureRows(list []erasure.Erasure) (rows [][]string) {
	for _, e := range list {
		var providers, reasons []string
		for _, target := range e.Targets {
			if !target.State.Final() || target.State.NeedsAttention() {
				providers, reasons = append(providers, target.Provider), append(reasons, target.Reason)
			}
		}
		rows = append(rows, []string{
			e.ID, string(e.State), strings.Join(providers, ","), reasonCell(reasons), e.AccountCode, e.CustomerID,
			command.FormatTime(e.AcceptedAt), command.FormatTime(e.Deadline), command.FormatTime(e.FinalAt),
		})
	}
	return rows
}

// reasonCell joins the reasons of several targets. One without a reason, which was not
// attempted yet, keeps its place.
func reasonCell(reasons []string) string {
	if strings.Join(reasons, "") == "" {
		return ""
	}
	for i, reason := range reasons {
		if reason == "" {
			reasons[i] = "-"
		}
	}
	return strings.Join(reasons, ",")
}

// reportMore says how many erasures the list leaves out, and how to go on.
func reportMore(ctx context.Context, store *sqlstore.Store, filter erasure.ErasureFilter, last string, stderr io.Writer) error {
	filter.Before = last
	n, err := store.CountErasures(ctx, filter)
	if err == nil && n > 0 {
		fmt.Fprintf(stderr, "%s: continue with --before %s\n", command.Count(n, "more erasure", "more erasures"), last)
	}
	return err
}
