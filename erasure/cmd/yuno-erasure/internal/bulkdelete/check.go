package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/screen"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// CheckCommand is the check subcommand.
type CheckCommand struct {
	command.JSONFlag `embed:""`
	profileFlags     `embed:""`

	Quiet bool `help:"Show no progress."`
}

// Help is shown by check --help.
func (CheckCommand) Help() string {
	return `Tries the address and the keys that delete would use, and deletes nobody: it asks once for a customer with an id that it has just made up, and that nobody has. The response tells whether the address is that of the API, and whether the keys are accepted.

It says what it could not learn. That is always so for the account code, which only a delete is documented to send: if it is wrong, the first deletes get CUSTOMER_NOT_FOUND or 403, and delete stops. And a service that retrieves no customers, such as yuno-erasure serve, does not tell whether the keys are right.

Examples:

  yuno-erasure check
  yuno-erasure check --profile production
  yuno-erasure check --json

Exit status: 0 address and keys are right, 1 one of them is wrong, cannot be reached or could not be learned, 2 wrong usage and nothing sent, 130 interrupted.`
}

// finding is what is known about one subject after a check.
type finding struct {
	Subject string `json:"subject"` // address, keys or account
	State   string `json:"state"`   // right, wrong, unknown or, of the address, unreachable
	Reason  string `json:"reason"`
	Hint    string `json:"hint,omitempty"`
}

// The states of a finding.
const (
	stateRight       = "right"
	stateWrong       = "wrong"
	stateUnknown     = "unknown"
	stateUnreachable = "unreachable" // the address may be right
)

// checkTimeout is how long a check waits for the response.
const checkTimeout = 30 * time.Second

// Run checks.
func (c *CheckCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	to, err := c.destination(bulk.NewPace(0), client.WithRetry(0, 0), client.WithAttemptTimeout(checkTimeout))
	if err != nil {
		return err
	}
	address, keys := to.try(ctx, c.Quiet, stderr)
	if ctx.Err() != nil {
		return command.NewExitError(command.ExitInterrupted, "interrupted")
	}
	findings := []finding{address, keys, {
		Subject: "account", State: stateUnknown,
		Reason: to.account + ": only a delete sends it, so the first deletes will tell",
	}}
	if err := c.print(stdout, to, findings); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	for _, f := range findings[:2] {
		switch f.State {
		case stateWrong:
			return command.NewExitError(command.ExitFailure, wrongText(f.Subject)+": delete would fail")
		case stateUnreachable:
			return command.NewExitError(command.ExitFailure, "the "+f.Subject+" cannot be reached from here: delete would fail")
		case stateUnknown:
			return command.NewExitError(command.ExitFailure, "it could not be learned whether the "+f.Subject+" can be used")
		}
	}
	return nil
}

// try asks for a customer whom nobody has.
func (d *destination) try(ctx context.Context, quiet bool, stderr io.Writer) (address, keys finding) {
	if !quiet && screen.Redraws(stderr) {
		began := time.Now()
		status := screen.Start(stderr, func(v screen.View) []string {
			return []string{"trying " + d.baseURL, fmt.Sprintf("%s of at most %s", seconds(v.Now.Sub(began)), seconds(checkTimeout))}
		})
		defer status.Stop()
	}
	var response client.Response
	_, err := d.client.Customer(ctx, wire.NewUUID(), client.WithResponse(&response))
	address, keys = d.findingsOf(response.StatusCode, readCode(err), err)
	address.Subject, keys.Subject = "address", "keys"
	return address, keys
}

// findingsOf returns what a response to the retrieval of an unknown customer tells.
func (d *destination) findingsOf(status int, code string, err error) (address, keys finding) {
	reached := finding{State: stateRight, Reason: d.baseURL + " responds as the API does"}
	untried := finding{State: stateUnknown, Reason: "they were not tried"}
	hint := d.hint(bulk.Failed, status, code)
	switch {
	case err == nil:
		return finding{State: stateWrong, Reason: "there was a customer for an id that nobody has, so this is not the API", Hint: "correct the base URL " + d.baseURL}, untried
	case errors.Is(err, client.ErrCustomerNotFound) && status == http.StatusNotFound && d.environment == "":
		// Yuno documents a 404 for an unknown customer. Elsewhere it may be that of a path.
		return finding{State: stateUnknown, Reason: fmt.Sprintf("%s: %s (status %d) is said of unknown customers, and of paths that do not exist", d.baseURL, code, status), Hint: "compare it with the one that you were given; most end in /v1"},
			finding{State: stateUnknown, Reason: "whether they were looked at is not known either"}
	case errors.Is(err, client.ErrCustomerNotFound):
		return reached, finding{State: stateRight, Reason: "they are accepted"}
	case status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented:
		return finding{State: stateRight, Reason: d.baseURL + " responds, and retrieves no customers"},
			finding{State: stateUnknown, Reason: "this service refuses to retrieve customers before it looks at the keys, as yuno-erasure serve does: only a delete tries them"}
	case code == "" && status != 0, code == codeUnexpected, code == codeOtherCustomer, status == http.StatusNotFound, status >= 300 && status < 400:
		return finding{State: stateWrong, Reason: d.baseURL + ": " + cmp.Or(code, fmt.Sprintf("status %d", status)), Hint: hint}, untried
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return reached, finding{State: stateWrong, Reason: fmt.Sprintf("%s (status %d)", code, status), Hint: hint}
	case status != 0:
		return reached, finding{State: stateUnknown, Reason: fmt.Sprintf("%s (status %d)", code, status), Hint: "the service is busy or fails: try again later"}
	}
	if code == bulk.CodeNoResponse { // the hint of a deletion says how it continues
		hint = "no connection, or what came is no HTTP: is the base URL right?"
	}
	state := stateUnreachable
	if code == bulk.CodeNoSuchHost {
		state = stateWrong
	}
	return finding{State: state, Reason: d.baseURL + ": " + code, Hint: hint}, untried
}

func (c *CheckCommand) print(w io.Writer, to *destination, findings []finding) error {
	if c.JSON {
		return command.PrintJSON(w, map[string]any{
			"account_code": to.account, "base_url": to.baseURL, "environment": cmp.Or(to.environment, "other"), "findings": findings,
		})
	}
	colors := map[string]screen.Color{stateRight: screen.Green, stateWrong: screen.Red, stateUnknown: screen.Yellow, stateUnreachable: screen.Red}
	text := "Account " + to.account + " " + to.where() + ".\n"
	width := 0
	for _, f := range findings {
		width = max(width, len(f.State))
	}
	for _, f := range findings {
		text += fmt.Sprintf("%-8s %s  %s", f.Subject, colors[f.State].In(w, fmt.Sprintf("%-*s", width, f.State)), f.Reason)
		if f.Hint != "" {
			text += " (" + f.Hint + ")"
		}
		text += "\n"
	}
	_, err := io.WriteString(w, text+"Nobody was deleted.\n")
	return err
}

func wrongText(subject string) string {
	if subject == "keys" {
		return "the keys are wrong"
	}
	return "the " + subject + " is wrong"
}

// checkCommand is how the keys that the flags choose are tried, for a hint.
func (f profileFlags) checkCommand() string {
	if f.Profile == "" {
		return "yuno-erasure check"
	}
	return "yuno-erasure check --profile " + quoted(f.Profile)
}

// quoted quotes a word for a shell, if it has to be.
func quoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
