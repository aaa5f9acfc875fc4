package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// selection are the flags that select targets by what is wrong with them, instead of ids.
type selection struct {
	Provider string `help:"With --all: only targets at this provider." placeholder:"NAME"`
	Reason   string `help:"With --all: only targets with this reason." placeholder:"CODE"`
	All      bool   `help:"All action_required and failed targets that --provider and --reason select."`
	Yes      bool   `help:"Do not ask for confirmation of --all."`
}

// check returns an error unless either ids or the flags select something.
func (s selection) check(hasID bool) error {
	switch {
	case s.All && hasID:
		return errors.New("--all and ids exclude each other")
	case s.All && s.Provider == "" && s.Reason == "":
		return errors.New("--all wants --provider or --reason, or both")
	case !s.All && (s.Provider != "" || s.Reason != ""):
		return errors.New("--provider and --reason want --all")
	case !s.All && !hasID:
		return errors.New("want an id, or --all with --provider or --reason")
	}
	return nil
}

// confirmation asks a person whether something is to be done to targets.
type confirmation struct {
	stdin  command.Stdin
	stderr command.Stderr
	what   string // is done to the targets: "tried again"
}

// ask prints what is about to happen to n targets, and asks for confirmation unless yes
// is set.
func (c confirmation) ask(ctx context.Context, n int, yes bool) error {
	about := fmt.Sprintf("%s to be %s.\n", command.Count(n, "target is", "targets are"), c.what)
	fmt.Fprint(c.stderr, about)
	if yes {
		return nil
	}
	return command.Confirmation{
		About: about, Question: "Type the number of targets to continue: ",
		Want: strconv.Itoa(n), Otherwise: "nothing was changed",
	}.Ask(ctx, c.stdin, c.stderr)
}

// text returns what the flags select, for the record.
func (s selection) text() string {
	return ops.Selection(erasure.TargetFilter{Provider: s.Provider, Reason: s.Reason})
}

// each calls change with batches of the selected targets, once a person has confirmed
// their number. It returns how many were changed. Targets that have changed since they were
// counted are not: nobody has confirmed them.
func (s selection) each(ctx context.Context, store *sqlstore.Store, c confirmation, change func(ids []string) error) (changed int, err error) {
	filter := erasure.TargetFilter{Provider: s.Provider, Reason: s.Reason, Until: time.Now()}
	n, err := store.CountNeedingAttention(ctx, filter)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, errors.New("no action_required or failed target matches (yuno-erasure erasures list --state attention_required)")
	}
	if err := c.ask(ctx, n, s.Yes); err != nil {
		return 0, err
	}
	changed, err = ops.EachNeedingAttention(ctx, store, filter, change)
	if err != nil {
		return changed, fmt.Errorf("after %s: %w; the same command goes on with the others", command.Count(changed, "target", "targets"), err)
	}
	return changed, nil
}
