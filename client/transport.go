package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Names of the security schemes in the specification.
const (
	headerPublicKey  = "public-api-key"
	headerPrivateKey = "private-secret-key"
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
	return ownHeader{rt}
}

// ownHeader gives each attempt a header of its own. Middleware should not
// write to the request it is given, but much of it does.
type ownHeader struct{ next http.RoundTripper }

func (l ownHeader) RoundTrip(req *http.Request) (*http.Response, error) {
	own := req.WithContext(req.Context())
	own.Header = req.Header.Clone()
	return l.next.RoundTrip(own)
}

// keyring holds the API keys in closures. Package fmt calls no methods on
// unexported fields and prints what it finds there; of a func it finds an
// address.
type keyring struct {
	attach func(http.Header)
	hide   func(string) string
}

func newKeyring(creds Credentials) keyring {
	public, private := []string{creds.PublicAPIKey}, []string{creds.PrivateSecretKey}
	canonicalPublic := http.CanonicalHeaderKey(headerPublicKey)
	canonicalPrivate := http.CanonicalHeaderKey(headerPrivateKey)
	return keyring{
		attach: func(h http.Header) {
			h[canonicalPublic], h[canonicalPrivate] = public, private
		},
		hide: func(text string) string {
			return hideKey(hideKey(text, public[0]), private[0])
		},
	}
}

// hideKey leaves keys of under 8 characters alone: they are no secrets, and
// every other text would be full of them.
func hideKey(text, key string) string {
	if len(key) < 8 {
		return text
	}
	return strings.ReplaceAll(text, key, redacted)
}

// trip is what the key layer learns about one attempt. It is the context of
// the attempt's request, and finds its way through middleware by Value; the
// errors of middleware may hide what happened further in.
type trip struct {
	context.Context
	reached atomic.Bool // the network layer was called
	sent    atomic.Bool // the request may have left this machine
}

type tripKey struct{}

func (t *trip) Value(key any) any {
	if _, ok := key.(tripKey); ok {
		return t
	}
	return t.Context.Value(key)
}

var (
	errOtherHost   = errors.New("middleware sent the request to another host than the base URL's; the API keys were not attached")
	errLostContext = errors.New("middleware dropped the request's context")
	errNoResponse  = errors.New("the transport returned neither a response nor an error")
)

// keyLayer is the last stop before the network: what it adds, nothing of ours
// or of the caller's middleware sees.
type keyLayer struct {
	scheme, host string // where the keys may go
	keys         keyring
	next         http.RoundTripper
}

func (l *keyLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	trip, ok := req.Context().Value(tripKey{}).(*trip)
	if !ok {
		return nil, refuse(req, errLostContext)
	}
	if req.URL == nil || req.URL.Scheme != l.scheme || req.URL.Host != l.host {
		return nil, refuse(req, errOtherHost)
	}
	sending := req.WithContext(req.Context())
	sending.Header = make(http.Header, len(req.Header)+2)
	maps.Copy(sending.Header, req.Header)
	l.keys.attach(sending.Header)
	preventReplay(sending)

	trip.reached.Store(true)
	resp, err := l.next.RoundTrip(sending)
	if err != nil {
		if !failedBeforeSending(err) {
			trip.sent.Store(true)
		}
		return resp, l.withhold(err)
	}
	trip.sent.Store(true)
	if resp != nil {
		resp.Request = req // net/http puts the one with the keys there
	}
	return resp, nil
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

// preventReplay keeps one attempt one request on the wire. net/http sends a
// DELETE again by itself, after a reused connection broke, if the request
// carries an idempotency key (Request.isReplayable): we would count one
// attempt, and take the second one's CUSTOMER_NOT_FOUND for the truth. It never
// replays a body that it cannot rewind, even an empty one.
func preventReplay(req *http.Request) {
	_, a := req.Header["Idempotency-Key"]
	_, b := req.Header["X-Idempotency-Key"]
	if (a || b) && (req.Body == nil || req.Body == http.NoBody) {
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

// isCertificateError holds for failures that a retry cannot mend.
func isCertificateError(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var certificate x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &certificate)
}
