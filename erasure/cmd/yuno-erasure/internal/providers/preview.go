package providers

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

type testCommand struct {
	ConfigFlag       `embed:""`
	command.JSONFlag `embed:""`
	Name             string   `arg:"" help:"Name of the provider in the configuration."`
	Customer         string   `help:"The provider's id of a customer." placeholder:"ID"`
	Token            []string `help:"Id of a stored payment method. Repeat it." placeholder:"ID"`
	Payment          []string `help:"Reference of a payment. Repeat it." placeholder:"ID"`
	Send             bool     `help:"Send the requests. This deletes at the provider."`
}

// Help is shown by providers test --help.
func (testCommand) Help() string {
	return `Sends nothing without --send. With --send, the provider permanently deletes what the flags name.

Examples:

  yuno-erasure providers test stripe --providers providers.yaml --customer cus_1
  yuno-erasure providers test adyen --providers providers.yaml --customer shopper-1 --token 8415 --token 8416 --json
  yuno-erasure providers test stripe --providers providers.yaml --customer cus_1 --send

Exit status: 0 shown, or the deletion was confirmed; 1 it was not confirmed; 2 usage.`
}

// testResult is what a test shows.
type testResult struct {
	Requests []testRequest `json:"requests"`
	Outcome  *testOutcome  `json:"outcome,omitempty"` // nil if nothing was sent
}

// testRequest is a provider.PreviewedRequest as JSON.
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

// Run shows the requests, and sends them with --send.
func (c *testCommand) Run(ctx context.Context, stdout io.Writer) error {
	connections, err := c.Connections()
	if err != nil {
		return err
	}
	if len(connections) == 0 {
		return command.NewUsageError("no provider is configured", "yuno-erasure providers test "+c.Name+" --providers FILE")
	}
	for _, p := range connections {
		if p.Name() == c.Name {
			return c.test(ctx, stdout, p)
		}
	}
	return command.NewUsageError(fmt.Sprintf("no provider is named %q in %s", c.Name, c.Providers),
		"yuno-erasure providers list --providers "+c.Providers)
}

func (c *testCommand) test(ctx context.Context, stdout io.Writer, p *provider.Connection) error {
	refs := erasure.References{Customer: c.Customer, Tokens: c.Token, Payments: c.Payment}
	requests, err := p.Preview(refs)
	if err != nil {
		return command.NewUsageError(fmt.Sprintf("%s: %v", c.Name, err),
			"--customer, --token and --payment, as the provider needs them")
	}
	result := testResult{Requests: []testRequest{}}
	for _, r := range requests {
		result.Requests = append(result.Requests, testRequest(r))
	}
	if c.Send {
		o := p.Erase(ctx, erasure.Progress{References: refs})
		result.Outcome = &testOutcome{o.Kind, o.Reason, o.Status}
	}
	if c.JSON {
		err = command.PrintJSON(stdout, result)
	} else {
		_, err = io.WriteString(stdout, result.String())
	}
	if err != nil || result.Outcome == nil {
		return err
	}
	switch result.Outcome.Kind {
	case erasure.OutcomeSucceeded, erasure.OutcomeAlreadyGone:
		return nil
	}
	return fmt.Errorf("provider %s did not confirm the deletion", c.Name)
}

// String describes the result for people.
func (t testResult) String() string {
	var b strings.Builder
	for i, request := range t.Requests {
		fmt.Fprintf(&b, "Request %d of %d (%s)\n%s\n", i+1, len(t.Requests), request.Call, provider.PreviewedRequest(request))
	}
	switch {
	case t.Outcome != nil:
		fmt.Fprintf(&b, "Outcome: %s\n", t.Outcome)
	case len(t.Requests) == 0:
		b.WriteString("There is nothing to send: an operator has to ask this provider.\n")
	default:
		b.WriteString("Nothing was sent. --send sends it, and the provider deletes.\n")
	}
	return b.String()
}

// String describes the outcome for people.
func (o *testOutcome) String() string {
	text := string(o.Kind)
	if o.Reason != "" {
		text += " (" + o.Reason + ")"
	}
	if o.Status != 0 {
		text += fmt.Sprintf(", HTTP status %d", o.Status)
	}
	return text
}
