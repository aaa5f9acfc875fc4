package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"
)

// newTransport is http.DefaultTransport's configuration, built anew because
// that variable may have been replaced or changed, with three differences:
// idle connections, a bound on header size, and HTTP/2 health checks.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		ForceAttemptHTTP2: true,
		// net/http keeps 2 a host by default: with 64 calls in flight the
		// other 62 would dial and shake hands anew for every call.
		MaxIdleConnsPerHost:    math.MaxInt,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// All calls share one HTTP/2 connection. If it dies silently, every
		// retry would be sent into the void as well, so ask after 10 s.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// network returns the innermost transport and the timeout of an attempt.
func (cfg *config) network() (http.RoundTripper, time.Duration) {
	hc, timeout := cfg.httpClient, cfg.attemptTimeout
	if hc == nil {
		return newTransport(), timeout
	}
	if hc.Timeout > 0 {
		timeout = min(timeout, hc.Timeout)
	}
	if hc.Transport == nil {
		return newTransport(), timeout
	}
	return hc.Transport, timeout
}

// wrap puts middleware around rt, the first function outermost. It returns nil
// if one of them does.
func wrap(rt http.RoundTripper, middleware []func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
	for i := len(middleware) - 1; i >= 0 && rt != nil; i-- {
		rt = middleware[i](rt)
	}
	if len(middleware) == 0 || rt == nil {
		return rt
	}
	return ownRequest{rt}
}

// ownRequest gives each attempt a request of its own. Middleware should not
// write to the one it is given, but much of it does.
type ownRequest struct{ next http.RoundTripper }

func (l ownRequest) RoundTrip(req *http.Request) (*http.Response, error) {
	return l.next.RoundTrip(req.Clone(req.Context()))
}

var (
	errLostContext = errors.New("middleware dropped the request's context; the API keys were not attached")
	errChanged     = errors.New("middleware changed the request's method, URL, Host, account code or body; the API keys were not attached")
	errFollows     = fmt.Errorf("%w: middleware follows redirects; the API keys were not attached", ErrRedirect)
	errFollowed    = fmt.Errorf("%w: the transport sent another request than it was given", ErrRedirect)
	errNoResponse  = errors.New("the transport returned neither a response nor an error")
)

// keyLayer is the last stop before the network: what it adds, nothing of ours
// or of the caller's middleware sees.
type keyLayer struct {
	keys keyring
	next http.RoundTripper
}

func (l *keyLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	trip, ok := req.Context().Value(tripKey{}).(*trip)
	switch {
	case !ok:
		return nil, refuse(req, errLostContext)
	case req.Response != nil:
		return nil, refuse(req, errFollows)
	case !trip.want.keptBy(req):
		return nil, refuse(req, errChanged)
	}
	trip.reached.Store(true)
	trip.open.Add(1) // before the call: middleware may not wait for its end
	resp, err := l.next.RoundTrip(l.withKeys(req))
	switch {
	case err != nil:
		if failedBeforeSending(err) {
			trip.open.Add(-1)
		}
		return resp, l.withhold(err)
	case resp == nil:
		return nil, errNoResponse
	case resp.Request != nil && !trip.want.addresses(resp.Request):
		if resp.Body != nil {
			_ = resp.Body.Close()
		}
		return nil, errFollowed
	}
	if !openEnded(resp.StatusCode) {
		trip.open.Add(-1)
	}
	resp.Request = req // net/http puts the one with the keys there
	return resp, nil
}

// withKeys returns the request that goes out. It shares nothing with req that
// a careless transport may write to.
func (l *keyLayer) withKeys(req *http.Request) *http.Request {
	sending := req.WithContext(hideHeaderTrace(req.Context()))
	target := *req.URL
	sending.URL = &target
	sending.Header = make(http.Header, len(req.Header)+2)
	maps.Copy(sending.Header, req.Header)
	l.keys.attach(sending.Header)
	preventReplay(sending)
	return sending
}

// refuse closes the body, as RoundTrip must.
func refuse(req *http.Request, err error) error {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return err
}

// withhold drops an error whose text shows a key: a recording transport, for
// one, may print the request it did not expect.
func (l *keyLayer) withhold(err error) error {
	text := err.Error()
	if hidden := l.keys.hide(text); hidden != text {
		return errors.New(hidden)
	}
	return err
}

// hideHeaderTrace takes the one hook out of ctx's httptrace that is told the
// headers as they are written, keys included.
func hideHeaderTrace(ctx context.Context) context.Context {
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil || trace.WroteHeaderField == nil {
		return ctx
	}
	rest := *trace
	rest.WroteHeaderField = nil
	return &tracedContext{ctx, &rest}
}

// tracedContext replaces the trace instead of adding one: httptrace composes a
// trace that is added with the one that is there.
type tracedContext struct {
	context.Context
	trace *httptrace.ClientTrace
}

func (c *tracedContext) Value(key any) any {
	value := c.Context.Value(key)
	if _, ok := value.(*httptrace.ClientTrace); ok { // its key is not exported
		return c.trace
	}
	return value
}

// preventReplay keeps one attempt one request on the wire. net/http sends a
// DELETE again by itself, after a reused connection broke, if the request
// carries an idempotency key (Request.isReplayable): we would count one
// attempt, and take the second one's CUSTOMER_NOT_FOUND for the truth. It never
// replays a body that it cannot rewind, even an empty one.
func preventReplay(req *http.Request) {
	_, a := req.Header["Idempotency-Key"]
	_, b := req.Header["X-Idempotency-Key"]
	if a || b {
		req.Body = io.NopCloser(strings.NewReader(""))
	}
	req.GetBody = nil
}

// failedBeforeSending holds for errors of the way to the server: no request
// can have been written yet.
func failedBeforeSending(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect") {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns) || isCertificateError(err)
}

// isFinal holds for failures that a retry cannot mend.
func isFinal(err error) bool {
	return isCertificateError(err) || errors.Is(err, ErrRedirect) ||
		errors.Is(err, errChanged) || errors.Is(err, errLostContext)
}

func isCertificateError(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var certificate x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &certificate)
}
