package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

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

// Help is shown by providers list --help.
func (providersListCommand) Help() string {
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
		if len(connections) == 0 {
			return &usageError{"no provider is configured", "yuno-erasure providers list --providers FILE, or --catalogue for what can be"}
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

// Help is shown by providers test --help.
func (providersTestCommand) Help() string {
	return `Sends nothing without --send, which asks the provider to delete what the flags name, for good.

Examples:

  yuno-erasure providers test stripe --providers providers.yaml --customer cus_1
  yuno-erasure providers test adyen --providers providers.yaml --customer shopper-1 --token 8415 --token 8416 --json
  yuno-erasure providers test stripe --providers providers.yaml --customer cus_1 --send

Exit status: 0 shown, or the deletion was confirmed; 1 it was not; 2 usage.`
}

// providerTest is what a test came to.
type providerTest struct {
	Requests []testRequest `json:"requests"`
	Outcome  *testOutcome  `json:"outcome,omitempty"` // nil: nothing was sent
}

// testRequest is a provider.PreviewedRequest.
type testRequest struct {
	Call    string   `json:"call"`
	Method  string   `json:"method"`
	URL     string   `json:"url"`
	Headers []string `json:"headers"`
	Body    string   `json:"body,omitempty"`
}

type testOutcome struct {
	Kind   erasure.OutcomeKind `json:"kind"`
	Reason string              `json:"reason,omitempty"`
	Status int                 `json:"status,omitempty"`
}

// Run previews, and sends if asked to.
func (c *providersTestCommand) Run(ctx context.Context, stdout io.Writer) error {
	connections, err := c.load()
	if err != nil {
		return err
	}
	if len(connections) == 0 {
		return &usageError{"no provider is configured", "yuno-erasure providers test " + c.Name + " --providers FILE"}
	}
	for _, p := range connections {
		if p.Name() == c.Name {
			return c.test(ctx, stdout, p)
		}
	}
	return &usageError{fmt.Sprintf("no provider is named %q in %s", c.Name, c.Providers), "yuno-erasure providers list --providers " + c.Providers}
}

func (c *providersTestCommand) test(ctx context.Context, stdout io.Writer, p *provider.Connection) error {
	refs := erasure.References{Customer: c.Customer, Tokens: c.Token, Payments: c.Payment}
	requests, err := p.Preview(refs)
	if err != nil {
		return &usageError{fmt.Sprintf("%s cannot be asked: %v", c.Name, err), "--customer, --token and --payment, as the provider needs them"}
	}
	test := providerTest{Requests: []testRequest{}}
	for _, r := range requests {
		test.Requests = append(test.Requests, testRequest(r))
	}
	if c.Send {
		o := p.Erase(ctx, refs)
		test.Outcome = &testOutcome{o.Kind, o.Reason, o.Status}
	}
	if c.JSON {
		err = printJSON(stdout, test)
	} else {
		_, err = io.WriteString(stdout, test.String())
	}
	if err != nil || test.Outcome == nil {
		return err
	}
	switch test.Outcome.Kind {
	case erasure.OutcomeSucceeded, erasure.OutcomeAlreadyGone:
		return nil
	}
	return fmt.Errorf("provider %s did not confirm the deletion", c.Name)
}

// String is a test for people.
func (t providerTest) String() string {
	var b strings.Builder
	for i, request := range t.Requests {
		fmt.Fprintf(&b, "Request %d of %d (%s)\n%s\n", i+1, len(t.Requests), request.Call, provider.PreviewedRequest(request))
	}
	o := t.Outcome
	switch {
	case o != nil:
	case len(t.Requests) == 0:
		return "There is nothing to send: a person has to ask there.\n"
	default:
		b.WriteString("Nothing was sent. --send sends it, which deletes at the provider.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "Outcome: %s", o.Kind)
	if o.Reason != "" {
		fmt.Fprintf(&b, " (%s)", o.Reason)
	}
	if o.Status != 0 {
		fmt.Fprintf(&b, ", HTTP status %d", o.Status)
	}
	b.WriteByte('\n')
	return b.String()
}
