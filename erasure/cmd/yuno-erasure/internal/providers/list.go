package providers

import (
	"io"
	"strconv"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

type Command struct {
	List listCommand `cmd:"" help:"List the configured providers, or the built-in descriptions."`
	Test testCommand `cmd:"" help:"Show the exact requests that an erasure would send to a provider, secrets masked."`
}

type listCommand struct {
	ConfigFlag       `embed:""`
	command.JSONFlag `embed:""`
	Catalogue        bool `help:"List the built-in descriptions instead."`
}

// Help is shown by providers list --help.
func (listCommand) Help() string {
	return `Reads the configuration as serve does, and reports every mistake in it. docs/providers.md describes the file.

Examples:

  yuno-erasure providers list --providers providers.yaml
  yuno-erasure providers list --catalogue`
}

type providerRow struct {
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Title       string  `json:"title"`
	PerSecond   float64 `json:"per_second,omitempty"`
	Concurrency int     `json:"concurrency,omitempty"`
}

// Run lists providers.
func (c *listCommand) Run(stdout io.Writer) error {
	list := []providerRow{}
	if c.Catalogue {
		for _, entry := range provider.Catalogue() {
			list = append(list, providerRow{Name: entry.Name, Title: entry.Title})
		}
	} else {
		connections, err := c.Connections()
		if err != nil {
			return err
		}
		if len(connections) == 0 {
			return command.NewUsageError("no provider is configured", "yuno-erasure providers list --providers FILE, or --catalogue for what can be")
		}
		for _, p := range connections {
			list = append(list, providerRow{p.Name(), p.Description(), p.Title(), p.Limits().PerSecond, p.Limits().Concurrency})
		}
	}
	if c.JSON {
		return command.PrintJSON(stdout, list)
	}
	var rows [][]string
	for _, p := range list {
		if c.Catalogue {
			rows = append(rows, []string{p.Name, p.Title})
			continue
		}
		rows = append(rows, []string{p.Name, p.Description, strconv.FormatFloat(p.PerSecond, 'g', -1, 64), strconv.Itoa(p.Concurrency), p.Title})
	}
	if c.Catalogue {
		return command.PrintTable(stdout, "NAME TITLE", rows)
	}
	return command.PrintTable(stdout, "NAME DESCRIPTION PER_SECOND CONCURRENCY TITLE", rows)
}
