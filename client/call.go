package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// outcome is what a call came to: its last attempt, and what the earlier ones
// leave open.
type outcome struct {
	answer
	attempts       int
	mayHaveApplied bool
}

// call repeats the request until an attempt settles it, or patience ends: the
// policy's, the budget's or the context's.
func (c *Client) call(ctx context.Context, req *http.Request) outcome {
	var out outcome
	for {
		if err := c.acquire(ctx); err != nil {
			return out.interrupted(err)
		}
		out.attempts++
		start := c.logStart(ctx)
		out.answer = c.attempt(ctx, req)
		c.logAttempt(ctx, &out, start)

		if out.accepted() {
			c.budget.succeed()
			return out
		}
		out.mayHaveApplied = out.mayHaveApplied || out.indefinite()
		if !out.retryable() {
			return out
		}
		allowed := c.budget.fail()
		if err := ctx.Err(); err != nil {
			return out.interrupted(err)
		}
		wait, ok := c.retry.delay(ctx, out.attempts, out.retryAfter())
		if !ok || !allowed {
			return out
		}
		c.logRetry(ctx, &out, wait)
		sleep(ctx, wait) // acquire finds out whether ctx cut it short
	}
}

// interrupted is the outcome when the context ends between attempts: the last
// answer is kept, for it says more than the context's error does.
func (out outcome) interrupted(err error) outcome {
	switch {
	case out.err == nil:
		out.err = err
	case !errors.Is(out.err, err):
		out.err = fmt.Errorf("%w: %w", err, out.err)
	}
	return out
}

// acquire takes a place among the requests in flight.
func (c *Client) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.slots == nil {
		return nil
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) release() {
	if c.slots != nil {
		<-c.slots
	}
}

// response is the outcome as callers see it.
func (out *outcome) response() Response {
	r := Response{Attempts: out.attempts}
	if out.http != nil {
		r.StatusCode = out.http.StatusCode
		r.Header = out.http.Header
		r.Body = out.body
	}
	return r
}

// failure turns an outcome that is not accepted into the caller's error. The
// texts in it do not name the customer; what the server answered is kept.
func (c *Client) failure(out outcome, customerID string) *Error {
	e := &Error{
		Response:       out.response(),
		RetryAfter:     out.retryAfter(),
		MayHaveApplied: out.mayHaveApplied,
		Err:            out.err,
	}
	if out.attempts == 0 {
		return e // all of our own words
	}
	code, messages := decodeError(out.body)
	hide := c.discretion(customerID)
	// Again for the keys: the body may have held them in JSON's escapes. The id
	// stays in what is one of Yuno's words anyway, for a program to compare.
	if e.Code = c.keys.hide(code); !isCode(e.Code) {
		e.Code = hide(e.Code)
	}
	for _, message := range messages {
		e.Messages = append(e.Messages, hide(message))
	}
	e.bodyText = hide(string(e.Body))
	e.Err = discreet(out.err, hide)
	return e
}
