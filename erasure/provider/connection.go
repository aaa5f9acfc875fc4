package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// A Connection is one account at one provider: a description with the
// parameters and secrets of a configuration. It is safe for concurrent use. Its
// limits apply to all goroutines of this process together, and to other processes as well
// if they share their turns and slots; see [Connection.ShareTurns] and
// [Connection.SetSlots].
// Every verb of package fmt prints its name.
type Connection struct {
	name        string
	description *description
	parameters  map[string]value
	rules       []rule // from the configuration, tried before the description's
	limits      Limits
	timeout     time.Duration
	limiter     *limiter
	client      *http.Client
	token       *accessToken
	expected    expectation
	proof       *proof
}

var _ erasure.Limited = (*Connection)(nil)

// Name returns the connection's name in the configuration.
func (c *Connection) Name() string { return c.name }

// Description returns the name of its description, such as stripe.
func (c *Connection) Description() string { return c.description.name }

// Title returns the provider's name for people, such as Stripe.
func (c *Connection) Title() string { return c.description.title }

// Mode returns what the credentials have to reach, live or test. It is empty if nothing that
// is known of the provider tells one from the other.
func (c *Connection) Mode() string {
	if !c.description.tellsMode() {
		return ""
	}
	return c.expected.mode
}

// Account returns the account that the configuration names, or "".
func (c *Connection) Account() string { return c.expected.account }

// Limits returns the limits of the configuration, or else of the description.
func (c *Connection) Limits() Limits { return c.limits }

// Format writes the name for every verb, so that no secret is printed.
func (c *Connection) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.name) }

func (c *Connection) scope() scope { return scope{parameters: c.parameters} }

// turnWait is how long a target waits if the limits allow no request before its
// context ends.
const turnWait = 10 * time.Second

// noTurn returns the outcome if the limits allow no request before ctx ends.
func noTurn(ctx context.Context, err error) erasure.Outcome {
	if errors.Is(ctx.Err(), context.Canceled) {
		return noResponse(ctx, err)
	}
	return erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: erasure.ReasonWaitingForTurn, Until: time.Now().Add(turnWait)}
}

// Concurrency returns the number of requests that may be in progress at once, in all
// processes that divide it.
func (c *Connection) Concurrency() int { return c.limits.Concurrency }

// SetSlots sets how many requests this process may have in progress at once: n until a
// time, and then none, or n for good if the time is zero. It returns how many attempts and
// checks are in progress, which is more than n for a while if n is less than before. A
// connection begins with all of its concurrency.
func (c *Connection) SetSlots(n int, until time.Time) (used int) {
	return c.limiter.slots.resize(n, until)
}

// Enter waits for a slot, for an attempt that is made with the context it returns, and
// that ends with leave. It fails if ctx ends or giveUp is closed first. Without it, Erase
// waits for a slot itself.
func (c *Connection) Enter(ctx context.Context, giveUp <-chan struct{}) (inside context.Context, leave func(), err error) {
	return c.limiter.enter(ctx, giveUp)
}

// send makes a request of what has a slot as soon as the limits allow it. An access token that is
// rejected before it expires is replaced once.
func (c *Connection) send(ctx context.Context, r request, s scope) (*response, *failure) {
	if err := c.limiter.wait(ctx); err != nil {
		return nil, &failure{Outcome: noTurn(ctx, err)}
	}
	for renewed := false; ; renewed = true {
		token := ""
		if c.description.auth.oauth2 != nil {
			var outcome *erasure.Outcome
			if token, outcome = c.token.get(ctx, c.fetchToken); outcome != nil {
				return nil, &failure{Outcome: *outcome}
			}
		}
		proof, err := c.description.auth.prove(s, token, r)
		if err != nil {
			return nil, &failure{Outcome: impossible(err)}
		}
		proven := r
		proven.headers = append(proof, r.headers...)
		resp, failed := c.exchange(ctx, proven)
		if failed != nil {
			return nil, failed
		}
		if token == "" || renewed || resp.status != http.StatusUnauthorized {
			return resp, nil
		}
		c.token.drop(ctx, token)
	}
}

// endsBefore reports whether ctx ends before the needed time has passed.
func endsBefore(ctx context.Context, needed time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < needed
}
