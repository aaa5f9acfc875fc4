package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// call is one use of an operation.
type call struct {
	*Client
	op *operation

	// request has no context, because each attempt has its own.
	request http.Request

	// id is the customer's, which texts do not show.
	id string

	// check returns why the body of a success is none; nil accepts every body.
	check func(body []byte) error

	// response is the destination of WithResponse, or nil.
	response *Response
}

// begin makes c a call of op without its request, after it has checked what all
// operations have in common. A call is filled in where it is declared, because copying
// it and its request takes longer than the checks.
func (c *call) begin(ctx context.Context, of *Client, op *operation, id string, opts []CallOption) (callConfig, error) {
	cfg, err := newCallConfig(opts)
	c.Client, c.op, c.id, c.response = of, op, id, cfg.response
	switch {
	case err != nil:
	case of == nil || of.template == nil:
		err = invalid("Client was not created by New")
	case ctx == nil:
		err = invalid("context is nil")
	case cfg.accountCode != "" && !op.ofAccount:
		err = invalid("WithAccountCode: to %s names no account; the keys decide", op.name)
	}
	return cfg, err
}

// use makes req, as the generated code built it, the call's request.
func (c *call) use(req *http.Request, err error) error {
	if err != nil {
		return err
	}
	maps.Copy(req.Header, c.header)
	c.request = *req
	return nil
}

// run executes the call, unless err says that an argument is invalid. It returns an
// *Error, or nil for a success.
func (c *call) run(ctx context.Context, err error) error {
	var out outcome
	if err != nil {
		out.err = err
	} else {
		out = c.do(ctx)
	}
	if c.response != nil {
		*c.response = c.responseOf(&out)
	}
	if c.op.done(&out.attemptResult) {
		return nil
	}
	return c.failure(&out)
}

// outcome is the result of a call: that of its last attempt, and whether an
// earlier attempt may have been accepted.
type outcome struct {
	attemptResult
	attempts       int
	mayHaveApplied bool
}

// do repeats the request until an attempt is final, or until the retry policy,
// the retry budget or the context ends it.
func (c *call) do(ctx context.Context) outcome {
	var out outcome
	for {
		if err := c.acquire(ctx); err != nil {
			return out.interrupted(err)
		}
		out.attempts++
		start := c.logStart(ctx)
		out.attemptResult = c.attempt(ctx)
		c.logAttempt(ctx, &out, start)

		if c.op.done(&out.attemptResult) {
			c.budget.succeed()
			return out
		}
		out.mayHaveApplied = out.mayHaveApplied || c.op.ambiguous(&out.attemptResult)
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

// responseOf returns the outcome as a Response.
func (c *call) responseOf(out *outcome) Response {
	r := Response{Attempts: out.attempts}
	if out.resp != nil {
		r.StatusCode = out.resp.StatusCode
		r.RequestID = c.requestID(out.resp.Header)
		r.Header = out.resp.Header
		r.Body = out.body
	}
	return r
}

const (
	headerRequestID = "X-Request-Id"
	maxRequestID    = 128
)

// requestID returns the id by which the server knows the request, or "" if it is longer
// than ids are or may contain something personal.
func (c *call) requestID(header http.Header) string {
	id := header.Get(headerRequestID)
	if id == "" || len(id) > maxRequestID || !wire.MayRepeat(id) {
		return ""
	}
	return c.redactor()(id)
}

// failure returns the error for an outcome that is no success. Its texts do not
// name the customer; Header and Body stay as the server sent them.
func (c *call) failure(out *outcome) *Error {
	e := &Error{
		Response:       c.responseOf(out),
		RetryAfter:     out.retryAfter(),
		MayHaveApplied: out.mayHaveApplied,
		Err:            out.err,
		op:             c.op,
	}
	if out.attempts == 0 {
		return e // contains no text but ours
	}
	redact := c.redactor()
	e.Err = redactError(out.err, redact)
	if c.op.returns && c.op.succeeds(e.StatusCode) {
		e.Body = nil // personal data, possibly of somebody else
		return e
	}
	code, messages := out.decodeError()
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
	return e
}
