package providers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type pauseCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Name                 string `arg:"" help:"Name of the connection."`
	Reason               string `help:"Why, for the log and the other operators." default:"paused_by_operator" placeholder:"TEXT"`
}

// Help is shown by providers pause --help.
func (pauseCommand) Help() string {
	return `Targets of this provider stay pending. This applies to all running services at once; a request that is under way is not stopped. Only providers resume ends this pause.

A service pauses a provider by itself after 20 responses in a row that refuse the key, find nobody or match no rule of its description, and at once when the check says that the key or account is wrong. That pause ends by itself when the check passes. Deadlines keep running during every pause.

Examples:

  yuno-erasure providers pause stripe-br
  yuno-erasure providers pause stripe-br --reason "new key on Monday"`
}

// Validate is called by the parser.
func (c *pauseCommand) Validate() error {
	if err := command.CheckFreeText("--reason", c.Reason, erasure.MaxPauseReason); err != nil {
		return err
	}
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run pauses a connection.
func (c *pauseCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	paused, err := store.PauseConnection(c.Acting(ctx, ""), erasure.PauseRequest{Name: c.Name, At: time.Now(), Reason: c.Reason, ByHand: true})
	if err != nil {
		return explainName(ctx, store, c.Name, err)
	}
	text := "Nothing more is sent to %s until yuno-erasure providers resume %[1]s."
	if !paused {
		text = "%s is paused by hand already."
	}
	return c.Print(stdout, map[string]any{"name": c.Name, "paused": true, "changed": paused}, text, c.Name)
}

type resumeCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Name                 string `arg:"" help:"Name of the connection."`
}

// Help is shown by providers resume --help.
func (resumeCommand) Help() string {
	return `Ends a pause, by hand or automatic. Targets that became action_required because the provider refused the key, found nobody without proof, or gave responses that nothing describes go back to pending, even if the provider is not paused. Those whose deadline is near or over get a week.

Examples:

  yuno-erasure providers resume stripe-br`
}

// Validate is called by the parser.
func (c *resumeCommand) Validate() error {
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run resumes a connection.
func (c *resumeCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, queue, closeBoth, err := c.OpenWithQueue(ctx, stderr)
	if err != nil {
		return err
	}
	defer closeBoth()
	targets, resumed, err := store.ResumeConnection(c.Acting(ctx, ""), erasure.ResumeRequest{Name: c.Name, At: time.Now(), ByHand: true}, queue.Again)
	if err != nil {
		return explainName(ctx, store, c.Name, err)
	}
	text := "%s goes on; %s will be tried again."
	if !resumed {
		text = "%s was not paused; %s will be tried again."
	}
	return c.Print(stdout, map[string]any{"name": c.Name, "paused": false, "changed": resumed, "targets": len(targets)},
		text, c.Name, command.Count(len(targets), "target", "targets"))
}

// explainName lists the connections if there is none of that name.
func explainName(ctx context.Context, store *sqlstore.Store, name string, err error) error {
	if !errors.Is(err, erasure.ErrNotFound) {
		return err
	}
	states, listErr := store.Connections(ctx)
	if listErr != nil {
		return listErr
	}
	names := make([]string, len(states))
	for i, state := range states {
		names[i] = state.Name
	}
	if len(names) == 0 {
		return fmt.Errorf("no serve --providers has run on this database yet, so it knows no provider %q", name)
	}
	return fmt.Errorf("no provider is named %q (known: %s)", name, strings.Join(names, ", "))
}
