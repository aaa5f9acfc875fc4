package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// providerFlags name the configuration of providers.
type providerFlags struct {
	Providers string `help:"YAML file that names the providers; docs/providers.md describes it." placeholder:"FILE" env:"YUNO_ERASURE_PROVIDERS" type:"existingfile"`
}

// load returns the configured providers; none without a file.
func (f providerFlags) load() ([]*provider.Connection, error) {
	if f.Providers == "" {
		return nil, nil
	}
	return provider.Load(f.Providers, os.Getenv)
}

type providersCommand struct {
	List providersListCommand `cmd:"" help:"List the configured providers, or the built-in descriptions."`
	Test providersTestCommand `cmd:"" help:"Show the exact requests that an erasure would send to a provider, secrets masked."`
}

type providersListCommand struct {
	providerFlags `embed:""`
	jsonFlag      `embed:""`
	Catalogue     bool `help:"List the built-in descriptions instead."`
}

type providerRow struct {
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Title       string  `json:"title"`
	PerSecond   float64 `json:"per_second,omitempty"`
	Concurrency int     `json:"concurrency,omitempty"`
}

// Run lists providers.
func (c *providersListCommand) Run(stdout io.Writer) error {
	list := []providerRow{}
	if c.Catalogue {
		for _, entry := range provider.Catalogue() {
			list = append(list, providerRow{Name: entry.Name, Title: entry.Title})
		}
	} else {
		connections, err := c.load()
		if err != nil {
			return err
		}
		for _, p := range connections {
			list = append(list, providerRow{p.Name(), p.Description(), p.Title(), p.Limits().PerSecond, p.Limits().Concurrency})
		}
	}
	if c.JSON {
		return printJSON(stdout, list)
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
		return printTable(stdout, "NAME TITLE", rows)
	}
	return printTable(stdout, "NAME DESCRIPTION PER_SECOND CONCURRENCY TITLE", rows)
}

type providersTestCommand struct {
	providerFlags `embed:""`
	jsonFlag      `embed:""`
	Name          string   `arg:"" help:"Name of the provider in the configuration."`
	Customer      string   `help:"The provider's id of a customer." placeholder:"ID"`
	Token         []string `help:"Id of a stored payment method. Repeat it." placeholder:"ID"`
	Payment       []string `help:"Reference of a payment. Repeat it." placeholder:"ID"`
	Send          bool     `help:"Send the requests. This deletes at the provider."`
}

// Run previews, and sends if asked to.
func (c *providersTestCommand) Run(ctx context.Context, stdout io.Writer) error {
	connections, err := c.load()
	if err != nil {
		return err
	}
	for _, p := range connections {
		if p.Name() == c.Name {
			return c.test(ctx, stdout, p)
		}
	}
	return &usageError{fmt.Sprintf("no provider is named %q in the configuration", c.Name), "yuno-erasure providers list"}
}

func (c *providersTestCommand) test(ctx context.Context, stdout io.Writer, p *provider.Connection) error {
	refs := erasure.References{Customer: c.Customer, Tokens: c.Token, Payments: c.Payment}
	requests, err := p.Preview(refs)
	if err != nil {
		return err
	}
	if c.JSON && !c.Send {
		return printJSON(stdout, requests)
	}
	for i, request := range requests {
		fmt.Fprintf(stdout, "Request %d of %d (%s)\n%s\n", i+1, len(requests), request.Call, request)
	}
	if !c.Send {
		fmt.Fprintln(stdout, "Nothing was sent. --send sends it, which deletes at the provider.")
		return nil
	}
	outcome := p.Erase(ctx, refs)
	fmt.Fprintf(stdout, "Outcome: %s", outcome.Kind)
	if outcome.Reason != "" {
		fmt.Fprintf(stdout, " (%s)", outcome.Reason)
	}
	if outcome.Status != 0 {
		fmt.Fprintf(stdout, ", HTTP status %d", outcome.Status)
	}
	fmt.Fprintln(stdout)
	switch outcome.Kind {
	case erasure.OutcomeSucceeded, erasure.OutcomeAlreadyGone:
		return nil
	}
	return fmt.Errorf("provider %s did not confirm the deletion", c.Name)
}
