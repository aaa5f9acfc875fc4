package providers

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

type checkCommand struct {
	ConfigFlag       `embed:""`
	command.JSONFlag `embed:""`
	Name             string `arg:"" optional:"" help:"Name of the provider in the configuration. Without it, all are checked."`
}

// Help is shown by providers check --help.
func (checkCommand) Help() string {
	return `Makes a harmless read with the credentials of each provider, and shows whether they reach the configured account and mode. It never deletes. docs/providers.md lists the reads.

Examples:

  yuno-erasure providers check --providers providers.yaml
  yuno-erasure providers check stripe --providers providers.yaml --json

Exit status: 0 every provider with a known check passed; 1 one did not; 2 usage.`
}

// checkResult is what the check of one provider showed.
type checkResult struct {
	Name   string `json:"name"`
	Result string `json:"result"` // passed, refuted, unknown or no_check
	Reason string `json:"reason,omitempty"`
	Status int    `json:"status,omitempty"`
	// Compared are the parts of the configuration that the check compares: mode, account.
	Compared []string `json:"compared"`
}

// Run checks the providers, one after the other.
func (c *checkCommand) Run(ctx context.Context, stdout io.Writer) error {
	connections, err := c.chosen()
	if err != nil {
		return err
	}
	results, failed := []checkResult{}, 0
	for _, p := range connections {
		result := check(ctx, p)
		if result.Result != "passed" && result.Result != "no_check" {
			failed++
		}
		results = append(results, result)
	}
	if err := c.print(stdout, results); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed > 0 {
		return fmt.Errorf("%s did not pass", command.Count(failed, "check", "checks"))
	}
	return nil
}

// chosen returns the providers to check.
func (c *checkCommand) chosen() ([]*provider.Connection, error) {
	if c.Name != "" {
		p, err := c.Connection("check", c.Name)
		return []*provider.Connection{p}, err
	}
	connections, err := c.Connections()
	if err == nil && len(connections) == 0 {
		err = command.NewUsageError("no provider is configured", "yuno-erasure providers check --providers FILE")
	}
	return connections, err
}

func check(ctx context.Context, p *provider.Connection) checkResult {
	o := p.Check(ctx)
	result := map[erasure.OutcomeKind]string{
		erasure.OutcomeSucceeded:      "passed",
		erasure.OutcomeActionRequired: "refuted",
		erasure.OutcomeNotSupported:   "no_check",
	}[o.Kind]
	return checkResult{p.Name(), cmp.Or(result, "unknown"), o.Reason, o.Status, append([]string{}, p.Compares()...)}
}

func (c *checkCommand) print(stdout io.Writer, results []checkResult) error {
	if c.JSON {
		return command.PrintJSON(stdout, results)
	}
	var rows [][]string
	for _, r := range results {
		status := ""
		if r.Status != 0 {
			status = strconv.Itoa(r.Status)
		}
		rows = append(rows, []string{r.Name, r.Result, r.Reason, status, strings.Join(r.Compared, " and ")})
	}
	return command.PrintTable(stdout, "NAME RESULT REASON STATUS COMPARED", rows)
}
