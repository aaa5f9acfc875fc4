package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// outcome is the result of a call: that of its last attempt, and whether an
// earlier attempt may have been accepted.
type outcome struct {
	attemptResult
	attempts       int
	mayHaveApplied bool
}

// call repeats the request until an attempt is final, or until the retry policy,
// the retry budget or the context ends it.
func (c *Client) call(ctx context.Context, req *http.Request) outcome {
	var out outcome
	for {
		if err := c.acquire(ctx); err != nil {
			return out.interrupted(err)
		}
		out.attempts++
		start := c.logStart(ctx)
		out.attemptResult = c.attempt(ctx, req)
		c.logAttempt(ctx, &out, start)

		if out.accepted() {
			c.budget.succeed()
			return out
		}
		out.mayHaveApplied = out.mayHaveApplied || out.ambiguous()
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
		sleep(ctx, wait) // acquire reports it if ctx ended meanwhile
	}
}

// interrupted returns the outcome of a call whose context ended between attempts.
// It keeps the last response, which says more than the context's error.
func (out outcome) interrupted(err error) outcome {
	switch {
	case out.err == nil:
		out.err = err
	case !errors.Is(out.err, err):
		out.err = fmt.Errorf("%w: %w", err, out.err)
	}
	return out
}

// acquire takes a slot for a request in flight.
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

// response returns the outcome as a Response.
func (out *outcome) response() Response {
	r := Response{Attempts: out.attempts}
	if out.resp != nil {
		r.StatusCode = out.resp.StatusCode
		r.Header = out.resp.Header
		r.Body = out.body
	}
	return r
}

// failure returns the error for an outcome that is not accepted. Its texts do not
// name the customer; Header and Body stay as the server sent them.
func (c *Client) failure(out outcome, customerID string) *Error {
	e := &Error{
		Response:       out.response(),
		RetryAfter:     out.retryAfter(),
		MayHaveApplied: out.mayHaveApplied,
		Err:            out.err,
	}
	if out.attempts == 0 {
		return e // contains no text but ours
	}
	code, messages := decodeError(out.body)
	redact := c.redactor(customerID)
	// The keys are redacted once more, because the body may have contained them in
	// JSON escapes. Programs compare codes, so the id stays in a text that has the
	// form of a code.
	if e.Code = c.keys.redact(code); !isCode(e.Code) {
		e.Code = redact(e.Code)
	}
	for _, message := range messages {
		e.Messages = append(e.Messages, redact(message))
	}
	e.bodyText = redact(string(e.Body))
	e.Err = redactError(out.err, redact)
	return e
}
