package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// attemptResult is the result of one attempt.
type attemptResult struct {
	resp *http.Response // nil: no response; its body has been read and closed
	body []byte         // nil unless the whole body was read
	err  error          // why there is no response, or no complete body

	reachedNetwork   bool // the attempt got past the middleware
	networkAmbiguous bool // the network did not tell whether the erasure was accepted
}

// attempt sends the request once and reads the whole response, within the attempt
// timeout. It releases the slot that acquire took.
func (c *call) attempt(ctx context.Context) attemptResult {
	defer c.release()
	state := &attemptState{Context: ctx, want: identityOf(&c.request), id: c.id}
	attemptCtx, cancel := context.WithTimeout(state, c.attemptTimeout)
	defer cancel()

	// Not http.Client.Do, which follows redirects, and loses the response if it
	// cannot parse the Location header.
	var result attemptResult
	resp, err := c.transport.RoundTrip(c.request.WithContext(attemptCtx))
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		result.err = err
	case resp == nil:
		result.err = errNoResponse
	default:
		result.resp = resp
		result.body, result.err = c.readBody(resp, cancel)
	}
	result.reachedNetwork = state.reachedNetwork.Load()
	result.networkAmbiguous = state.ambiguousCalls.Load() > 0
	if result.err != nil && !c.op.done(&result) {
		result.err = explainTimeout(ctx, attemptCtx, result.err, c.attemptTimeout)
	}
	c.redactResponse(&result)
	if result.err == nil && c.check != nil && c.op.succeeds(result.status()) {
		result.err = c.check(result.body)
	}
	return result
}

// explainTimeout says whether the call's or the attempt's context ended, and makes
// err match the context's error: net/http reports only the cause of a cancellation.
func explainTimeout(ctx, attemptCtx context.Context, err error, timeout time.Duration) error {
	// The text of a url.Error contains the URL, and so the customer id. A
	// transport that is itself an http.Client returns one.
	if wrapped, ok := err.(*url.Error); ok {
		err = wrapped.Err
	}
	ended := ctx.Err()
	if ended == nil && attemptCtx.Err() != nil {
		ended = attemptCtx.Err()
		err = fmt.Errorf("the attempt took longer than %v: %w", timeout, err)
	}
	if ended != nil && !errors.Is(err, ended) {
		return fmt.Errorf("%w: %w", ended, err)
	}
	return err
}

// decodeError reads the error in the response, if there is one.
func (r *attemptResult) decodeError() (code string, messages []string) {
	if r.resp == nil {
		return "", nil
	}
	return decodeError(r.resp.Header, r.body)
}

// status returns 0 if there is no response.
func (r *attemptResult) status() int {
	if r.resp == nil {
		return 0
	}
	return r.resp.StatusCode
}

// retryable reports whether another attempt may succeed.
func (r *attemptResult) retryable() bool {
	switch status := r.status(); {
	case status == 0:
		return r.reachedNetwork && !isFinal(r.err)
	case r.err != nil: // the body is incomplete, and the error code in it is lost
		return !errors.Is(r.err, ErrTooLarge) && !errors.Is(r.err, ErrUnexpectedBody) && !redirects(status)
	default:
		return retryableStatus(status)
	}
}

func redirects(status int) bool { return status >= 300 && status < 400 }

// retryAfter returns how long the server asks to wait, 0 if it does not.
func (r *attemptResult) retryAfter() time.Duration {
	if r.resp == nil {
		return 0
	}
	wait, _ := wire.ParseRetryAfter(r.resp.Header.Get("Retry-After"), time.Now())
	return wait
}
