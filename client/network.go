package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math"
	"net"
	"net/http"
	"time"
)

// newTransport returns a transport configured like http.DefaultTransport, with
// three differences: idle connections, a limit on header size, and HTTP/2 health
// checks. It does not clone http.DefaultTransport, which the program may have
// changed.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
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

// failedBeforeSending reports whether err occurred while connecting, so that no
// request can have been written.
func failedBeforeSending(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect") {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns) || isCertificateError(err)
}

// isFinal reports whether a retry would fail in the same way.
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
