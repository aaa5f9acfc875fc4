package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

var (
	errLostContext = errors.New("middleware dropped the request's context; the API keys were not attached")
	errChanged     = errors.New("middleware changed the request's method, URL, Host, account code or body; the API keys were not attached")
	errFollows     = fmt.Errorf("%w: middleware follows redirects; the API keys were not attached", ErrRedirect)
	errFollowed    = fmt.Errorf("%w: the transport sent another request than it was given", ErrRedirect)
	errNoResponse  = errors.New("the transport returned neither a response nor an error")
)

// keyLayer is the last layer before the network. It adds the keys, which no layer
// outside of it sees, after it has checked what middleware did to the request.
type keyLayer struct {
	keys keyring
	next http.RoundTripper
	kind transportKind // of next
}

func (l *keyLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	state, ok := req.Context().Value(attemptStateKey{}).(*attemptState)
	switch {
	case !ok:
		return nil, reject(req, errLostContext)
	case req.Response != nil:
		return nil, reject(req, errFollows)
	case !state.want.unchangedIn(req):
		return nil, reject(req, errChanged)
	}
	sent := &state.sending
	if state.reachedNetwork.Swap(true) { // middleware calls again
		sent = new(sending)
	}
	sent.begin(req, l.kind)
	state.ambiguousCalls.Add(1) // before the call: middleware may return before it ends
	resp, err := l.next.RoundTrip(l.withKeys(sent, req))
	switch {
	case err != nil:
		if sent.unsent(err) {
			state.ambiguousCalls.Add(-1)
		}
		return resp, sent.explain(err, l.dropIfKeyShown(err))
	case resp == nil:
		return nil, errNoResponse
	case resp.Request != nil && !state.want.sameTarget(resp.Request):
		if resp.Body != nil {
			_ = resp.Body.Close()
		}
		return nil, errFollowed
	}
	if !ambiguousStatus(resp.StatusCode) && !sent.is(repeated) {
		state.ambiguousCalls.Add(-1)
	}
	resp.Request = req // net/http sets the one with the keys
	return resp, nil
}

// withKeys returns the request to send. A transport that changes it does not
// change req.
func (l *keyLayer) withKeys(ctx context.Context, req *http.Request) *http.Request {
	sending := req.WithContext(ctx)
	target := *req.URL
	sending.URL = &target
	sending.Header = make(http.Header, len(req.Header)+2)
	maps.Copy(sending.Header, req.Header)
	l.keys.attach(sending.Header)
	preventReplay(sending)
	return sending
}

// reject returns err and closes the request's body, as RoundTrip must.
func reject(req *http.Request, err error) error {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return err
}

// dropIfKeyShown replaces an error whose text contains a key: a recording
// transport, for example, may print a request that it did not expect.
func (l *keyLayer) dropIfKeyShown(err error) error {
	text := err.Error()
	if redacted := l.keys.redact(text); redacted != text {
		return errors.New(redacted)
	}
	return err
}

// preventReplay makes sure that one attempt is one request that the server processes.
// If the request carries an idempotency key, net/http sends a DELETE a second time by
// itself after a reused connection broke (Request.isReplayable): the client would
// count one attempt, and trust the CUSTOMER_NOT_FOUND of the second request.
// net/http knows these headers only in their canonical spelling, and servers in any.
func preventReplay(req *http.Request) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if values, ok := req.Header[name]; ok {
			delete(req.Header, name)
			lower := strings.ToLower(name)
			req.Header[lower] = append(values, req.Header[lower]...)
		}
	}
}
