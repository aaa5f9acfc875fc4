package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// maxBodySize bounds the body of an answer, in bytes after decompression. The
// contract's answers are empty or a few hundred bytes.
const maxBodySize = 64 << 10

// acceptedBodyPatience is how long the body of a 202 or a 204 is read. The
// contract's has none, and the erasure is accepted without it: it is read for
// WithResponse, and so that the connection can be used again.
const acceptedBodyPatience = time.Second

// answer is what one attempt came to.
type answer struct {
	http *http.Response // nil: none came; its body is read and closed
	body []byte         // nil unless it came whole
	err  error          // why there is no answer, or no whole body

	reached bool // the attempt got past the middleware
	open    bool // the network left open whether the erasure was accepted
}

// attempt sends the request once and reads the whole answer, within the
// attempt timeout. It gives back the place that acquire took.
func (c *Client) attempt(ctx context.Context, req *http.Request) answer {
	defer c.release()
	t := &trip{Context: ctx, want: intentOf(req)}
	attemptCtx, cancel := context.WithTimeout(t, c.attemptTimeout)
	defer cancel()

	// Not http.Client.Do: that exists to follow redirects, and loses the
	// answer if it cannot parse where one leads.
	var a answer
	resp, err := c.transport.RoundTrip(req.WithContext(attemptCtx))
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		a.err = err
	case resp == nil:
		a.err = errNoResponse
	default:
		a.http = resp
		a.body, a.err = readBody(resp, cancel)
	}
	a.reached, a.open = t.reached.Load(), t.open.Load() > 0
	if a.err != nil && !a.accepted() {
		a.err = explain(a.err, ctx, attemptCtx, c.attemptTimeout)
	}
	c.scrub(&a)
	return a
}

// readBody reads the body and closes it. It returns nil and an error unless the
// body is whole. stop must make reading end.
func readBody(resp *http.Response, stop func()) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	defer resp.Body.Close()
	// Nobody asks to switch protocols. If a server does, this body is the bare
	// connection, which no context interrupts.
	if resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil
	}
	if acceptedStatus(resp.StatusCode) {
		defer time.AfterFunc(acceptedBodyPatience, stop).Stop()
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBodySize+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBodySize {
		return nil, ErrTooLarge
	}
	if len(body) == 0 {
		return nil, nil // ReadAll's buffer
	}
	return body, nil
}

// explain says whose patience an error is due to, and makes it match the
// context's: net/http reports the cause of a cancellation alone.
func explain(err error, ctx, attemptCtx context.Context, timeout time.Duration) error {
	// Its text holds the URL, and so the customer's id. A transport that is
	// itself an http.Client returns one.
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

// scrub removes the keys from an answer that echoes them.
func (c *Client) scrub(a *answer) {
	if a.http == nil {
		return
	}
	a.http.Status = c.keys.hide(a.http.Status)
	for _, header := range []http.Header{a.http.Header, a.http.Trailer} {
		for name, values := range header {
			if c.keys.echoed(name) {
				delete(header, name)
				continue
			}
			for i, value := range values {
				if hidden := c.keys.hide(value); hidden != value {
					values[i] = hidden
				}
			}
		}
	}
	if len(a.body) > 0 {
		a.body = []byte(c.keys.hide(string(a.body)))
	}
}

// status is 0 if no answer came.
func (a *answer) status() int {
	if a.http == nil {
		return 0
	}
	return a.http.StatusCode
}

// accepted holds for 202, and for the 204 that another of Yuno's
// specifications documents. The status is the whole answer: that the body
// broke off takes nothing away from it. A body beyond the limit does, for
// then something other than Yuno is speaking.
func (a *answer) accepted() bool {
	return acceptedStatus(a.status()) && !errors.Is(a.err, ErrTooLarge)
}

func acceptedStatus(status int) bool {
	return status == http.StatusAccepted || status == http.StatusNoContent
}

// indefinite holds for an attempt that was not accepted, and yet does not tell
// whether the customer was erased. Middleware may have retried by itself, or
// made up the answer; the network's answers count as well as the last one.
func (a *answer) indefinite() bool {
	return a.open || (a.http != nil && openEnded(a.status()))
}

// retryable holds if another attempt may fare better.
func (a *answer) retryable() bool {
	switch status := a.status(); {
	case status == 0:
		return a.reached && !isFinal(a.err)
	case a.err != nil: // the body broke off, and with it the reason
		return !errors.Is(a.err, ErrTooLarge) && !redirects(status)
	default:
		return retryableStatus(status)
	}
}

func redirects(status int) bool { return status >= 300 && status < 400 }

// retryAfter is how long the server asks to wait.
func (a *answer) retryAfter() time.Duration {
	if a.http == nil {
		return 0
	}
	wait, _ := wire.ParseRetryAfter(a.http.Header.Get("Retry-After"), time.Now())
	return wait
}
