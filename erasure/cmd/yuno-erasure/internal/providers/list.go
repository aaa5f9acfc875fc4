package providers

import (
	"io"
	"strconv"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// Command is the providers subcommand.
type Command struct {
	List  listCommand  `cmd:"" help:"List the configured providers, or the built-in descriptions."`
	Check checkCommand `cmd:"" help:"Show whether the credentials of the providers reach the configured account and mode. Deletes nothing."`
	Test  testCommand  `cmd:"" help:"Show the exact requests that an erasure would send to a provider, with secrets masked."`

	Pause  pauseCommand  `cmd:"" help:"Send nothing to a provider except its check, until it is resumed."`
	Resume resumeCommand `cmd:"" help:"Go on with a provider that was paused."`
}

type listCommand struct {
	ConfigFlag       `embed:""`
	command.JSONFlag `embed:""`
	Catalogue        bool `help:"List the built-in descriptions instead."`
}

// Help is shown by providers list --help.
func (listCommand) Help() string {
	return `Reads the configuration as serve does, and reports every mistake in it. docs/providers.md describes the file. MODE and ACCOUNT are what the credentials have to reach; providers check shows whether they do.

Examples:

  yuno-erasure providers list --providers providers.yaml
  yuno-erasure providers list --catalogue`
}

// listEntry is a provider of the configuration, or a description of the catalogue, which
// has only a name and a title.
type listEntry struct {
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Mode        string  `json:"mode,omitempty"`
	Account     string  `json:"account,omitempty"`
	Title       string  `json:"title"`
	PerSecond   float64 `json:"per_second,omitempty"`
	Concurrency int     `json:"concurrency,omitempty"`
}

// Run lists providers.
func (c *listCommand) Run(stdout io.Writer) error {
	list := catalogue()
	if !c.Catalogue {
		var err error
		if list, err = c.configured(); err != nil {
			return err
		}
	}
	if c.JSON {
		return command.PrintJSON(stdout, list)
	}
	header := "NAME DESCRIPTION MODE ACCOUNT PER_SECOND CONCURRENCY TITLE"
	if c.Catalogue {
		header = "NAME TITLE"
	}
	var rows [][]string
	for _, e := range list {
		if c.Catalogue {
			rows = append(rows, []string{e.Name, e.Title})
			continue
		}
		perSecond := strconv.FormatFloat(e.PerSecond, 'g', -1, 64)
		rows = append(rows, []string{e.Name, e.Description, e.Mode, e.Account, perSecond, strconv.Itoa(e.Concurrency), e.Title})
	}
	return command.PrintTable(stdout, header, rows)
}

func catalogue() []listEntry {
	list := []listEntry{}
	for _, entry := range provider.Catalogue() {
		list = append(list, listEntry{Name: entry.Name, Title: entry.Title})
	}
	return list
}

// configured returns the configured providers. It fails if there is none.
func (c *listCommand) configured() ([]listEntry, error) {
	connections, err := c.Connections()
	if err != nil {
		return nil, err
	}
	if len(connections) == 0 {
		return nil, command.NewUsageError("no provider is configured",
			"yuno-erasure providers list --providers FILE, or --catalogue for the descriptions")
	}
	list := []listEntry{}
	for _, p := range connections {
		list = append(list, listEntry{
			Name: p.Name(), Description: p.Description(), Mode: p.Mode(), Account: p.Account(), Title: p.Title(),
			PerSecond: p.Limits().PerSecond, Concurrency: p.Limits().Concurrency,
		})
	}
	return list, nil
}
