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
	return command.NewUsageError(fmt.Sprintf("no provider is named %q in %s", c.Name, c.Providers), "yuno-erasure providers list --providers "+c.Providers)
}

func (c *testCommand) test(ctx context.Context, stdout io.Writer, p *provider.Connection) error {
	refs := erasure.References{Customer: c.Customer, Tokens: c.Token, Payments: c.Payment}
	requests, err := p.Preview(refs)
	if err != nil {
		return command.NewUsageError(fmt.Sprintf("%s cannot be asked: %v", c.Name, err), "--customer, --token and --payment, as the provider needs them")
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
		err = command.PrintJSON(stdout, test)
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
