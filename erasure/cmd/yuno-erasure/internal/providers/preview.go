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
	Send             bool     `help:"Send the requests. This permanently deletes at the provider."`
	Yes              bool     `help:"Do not ask for confirmation before sending."`
}

// Help is shown by providers test --help.
func (testCommand) Help() string {
	return `Sends nothing without --send. With --send, the provider permanently deletes what the flags name.

Examples:

  yuno-erasure providers test stripe --providers providers.yaml --customer cus_1
  yuno-erasure providers test adyen --providers providers.yaml --customer shopper-1 --token 8415 --token 8416 --json
  yuno-erasure providers test stripe --providers providers.yaml --customer cus_1 --send --yes

Exit status: 0 shown, or the deletion was confirmed; 1 it was not confirmed; 2 usage. That the provider knows no such customer counts only with a proof that the credentials reach the right account: see providers check.`
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
	// Verified means that a read afterwards showed that the customer is gone.
	Verified bool `json:"verified"`
}

// Run shows the requests, and sends them with --send.
func (c *testCommand) Run(ctx context.Context, stdin command.Stdin, stdout io.Writer, stderr command.Stderr) error {
	p, err := c.Connection("test", c.Name)
	if err != nil {
		return err
	}
	refs := erasure.References{Customer: c.Customer, Tokens: c.Token, Payments: c.Payment}
	requests, err := p.Preview(refs)
	if err != nil {
		return command.NewUsageError(fmt.Sprintf("%s: %v", c.Name, err),
			`--customer, --token and --payment, as the provider needs them; none may contain / \ % ? # ;`)
	}
	result := testResult{Requests: []testRequest{}}
	for _, r := range requests {
		result.Requests = append(result.Requests, testRequest(r))
	}
	if c.Send {
		if err := c.confirm(ctx, stdin, stderr); err != nil {
			return err
		}
		o := p.Erase(ctx, erasure.Progress{References: refs})
		result.Outcome = &testOutcome{o.Kind, o.Reason, o.Status, o.Verified}
	}
	if c.JSON {
		err = command.PrintJSON(stdout, result)
	} else {
		_, err = io.WriteString(stdout, result.String())
	}
	if err != nil || result.Outcome == nil {
		return err
	}
	// Even already_gone: Erase returns it only with a proof.
	switch result.Outcome.Kind {
	case erasure.OutcomeSucceeded, erasure.OutcomeAlreadyGone:
		return nil
	}
	if result.Outcome.Reason == erasure.ReasonNotFoundUnproven {
		return fmt.Errorf("provider %[1]s knows no such customer, and nothing proves that the key reaches the right account (yuno-erasure providers check %[1]s)", c.Name)
	}
	return fmt.Errorf("provider %s did not confirm the deletion", c.Name)
}

// confirm asks for the name of the provider before anything is deleted.
func (c *testCommand) confirm(ctx context.Context, stdin io.Reader, stderr io.Writer) error {
	about := fmt.Sprintf("This permanently deletes at %s what the flags name.\n", c.Name)
	fmt.Fprint(stderr, about)
	if c.Yes {
		return nil
	}
	return command.Confirmation{
		About: about, Question: "This cannot be undone. Type the name of the provider to continue: ",
		Want: c.Name, Otherwise: "nothing was sent",
	}.Ask(ctx, stdin, stderr)
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
	if o.Verified {
		text += ", verified"
	}
	return text
}
