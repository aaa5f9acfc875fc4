package client

import (
	"errors"
	"math"
	"net"
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// newTransport returns a transport configured like http.DefaultTransport, with
// four differences: idle connections, a limit on header size, HTTP/2 health checks,
// and errors that tell the status of a proxy's refusal. It does not clone
// http.DefaultTransport, which the program may have changed.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:             wire.Proxy,
		DialContext:       (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		ForceAttemptHTTP2: true,
		// net/http keeps 2 per host by default: with 64 calls in flight, the other
		// 62 would dial and shake hands again for every call.
		MaxIdleConnsPerHost:    math.MaxInt,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// All calls share one HTTP/2 connection. If it fails silently, every retry
		// on it is lost as well, so ping after 10 s of silence.
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
		OnProxyConnectResponse: checkProxyResponse,
	}
}

// network returns the innermost transport, what is known about it, and the timeout of
// an attempt.
func (cfg *config) network() (http.RoundTripper, transportKind, time.Duration) {
	hc, timeout := cfg.httpClient, cfg.attemptTimeout
	if hc == nil {
		return newTransport(), ownTransport, timeout
	}
	if hc.Timeout > 0 {
		timeout = min(timeout, hc.Timeout)
	}
	if hc.Transport == nil {
		return newTransport(), ownTransport, timeout
	}
	kind := otherTransport
	if t, ok := hc.Transport.(*http.Transport); ok {
		kind = httpTransport
		if t.Protocols != nil && t.Protocols.UnencryptedHTTP2() {
			kind = cleartextTransport
		}
	}
	return hc.Transport, kind, timeout
}

// isFinal reports whether a retry would fail in the same way.
func isFinal(err error) bool {
	var connecting *connectError
	return (errors.As(err, &connecting) && connecting.final) || errors.Is(err, ErrRedirect) ||
		errors.Is(err, errChanged) || errors.Is(err, errLostContext)
}
