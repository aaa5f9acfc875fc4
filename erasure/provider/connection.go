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
// limits apply to all goroutines of this process together, not to other
// processes. Every verb of package fmt prints its name.
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
}

var _ erasure.Provider = (*Connection)(nil)

// Name returns the connection's name in the configuration.
func (c *Connection) Name() string { return c.name }

// Description returns the name of its description, such as stripe.
func (c *Connection) Description() string { return c.description.name }

// Title returns the provider's name for people, such as Stripe.
func (c *Connection) Title() string { return c.description.title }

// Limits returns the limits of the configuration, or else of the description.
func (c *Connection) Limits() Limits { return c.limits }

// Format writes the name for every verb, so that no secret is printed.
func (c *Connection) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.name) }

func (c *Connection) scope() scope { return scope{parameters: c.parameters} }

// turnWait is how long a target waits if the limits allow no request before its
// context ends.
const turnWait = 10 * time.Second

// Erase makes the calls of the description in order. It goes on after a call
// that succeeded or found nothing, and stops at any other outcome. The outcome
// is already_gone if no call found anything.
//
// If ctx has a deadline, Erase does not begin another call with less time left
// than a call may take. It then returns deferred, reason more_to_do, with the
// remaining references. If the limits allow no request in time, it returns
// deferred, reason waiting_for_turn.
func (c *Connection) Erase(ctx context.Context, p erasure.Progress) erasure.Outcome {
	steps, err := c.plan(p.References, c.scope())
	if err != nil {
		return impossible(err)
	}
	result := erasure.Outcome{Kind: erasure.OutcomeAlreadyGone, Reason: "nothing_to_ask"}
	for i, st := range steps {
		if i > 0 && endsBefore(ctx, c.timeout) {
			return erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "more_to_do", Until: time.Now(), Progress: left(p, steps, i)}
		}
		outcome := c.ask(ctx, st)
		switch outcome.Kind {
		case erasure.OutcomeSucceeded:
			result = outcome
		case erasure.OutcomeAlreadyGone:
			if result.Kind == erasure.OutcomeAlreadyGone {
				result = outcome
			}
		case erasure.OutcomeRetry, erasure.OutcomeDeferred:
			outcome.Progress = left(p, steps, i)
			return outcome
		default:
			return outcome
		}
	}
	if last := c.description.afterwards; last != nil {
		return erasure.Outcome{Kind: last.kind, Reason: last.reason, Status: result.Status}
	}
	return result
}

// Check implements [erasure.Provider]. No description has a check.
func (c *Connection) Check(context.Context) erasure.Outcome {
	return erasure.Outcome{Kind: erasure.OutcomeNotSupported, Reason: erasure.ReasonNoCheck}
}

// ask makes one call as soon as the limits allow it.
func (c *Connection) ask(ctx context.Context, st step) erasure.Outcome {
	done, err := c.limiter.wait(ctx)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return noResponse(ctx, err)
	case err != nil:
		return erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "waiting_for_turn", Until: time.Now().Add(turnWait)}
	}
	defer done()
	resp, failure := c.send(ctx, st)
	if failure != nil {
		return *failure
	}
	return resp.judge(c.rules, st.call.rules)
}

// send authenticates the request and sends it. An access token that is rejected
// before it expires is replaced once.
func (c *Connection) send(ctx context.Context, st step) (*response, *erasure.Outcome) {
	for renewed := false; ; renewed = true {
		token := ""
		if c.description.auth.oauth2 != nil {
			var failure *erasure.Outcome
			token, failure = c.token.get(ctx, func() (string, time.Duration, *erasure.Outcome) { return c.fetchToken(ctx) })
			if failure != nil {
				return nil, failure
			}
		}
		r := st.request
		proof, err := c.description.auth.prove(st.scope, token, r)
		if err != nil {
			failure := impossible(err)
			return nil, &failure
		}
		r.headers = append(proof, r.headers...)
		resp, err := c.exchange(ctx, r)
		if err != nil {
			failure := noResponse(ctx, err)
			return nil, &failure
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

// left are the references of the steps from the i-th on; nil where nothing has
// been done yet. The customer stays: calls for tokens need it too.
func left(p erasure.Progress, steps []step, i int) *erasure.Progress {
	if i == 0 {
		return nil
	}
	rest := &erasure.Progress{References: erasure.References{Customer: p.Customer}}
	tokens, payments := map[string]bool{}, map[string]bool{}
	for _, st := range steps[i:] {
		if st.token != "" && !tokens[st.token] {
			tokens[st.token] = true
			rest.Tokens = append(rest.Tokens, st.token)
		}
		if st.payment != "" && !payments[st.payment] {
			payments[st.payment] = true
			rest.Payments = append(rest.Payments, st.payment)
		}
	}
	return rest
}
