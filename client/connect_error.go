package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"syscall"
)

// connectError is the error of an attempt whose connection failed, with a hint for the
// person who has to make it work.
type connectError struct {
	kinds []error // of ErrProxy and ErrTLS
	hint  string
	final bool // a retry would fail in the same way
	cause error
}

// Error returns one line: the causes contain text of proxies.
func (e *connectError) Error() string {
	const limit = 250 // leaves room for the hint
	start, ellipsis := truncate(oneLine(e.cause.Error()), limit)
	text := start + ellipsis + " (" + e.hint + ")"
	if len(e.kinds) > 0 {
		text = e.kinds[0].Error() + ": " + text
	}
	return text
}

func (e *connectError) Unwrap() error        { return e.cause }
func (e *connectError) Is(target error) bool { return slices.Contains(e.kinds, target) }

// explain adds to the error of a request whether a proxy or TLS failed, and a hint.
// shown is the error to show for err, and is returned as it is if there is nothing to add.
func (s *sending) explain(err, shown error) error {
	if errors.Is(s.Err(), context.Canceled) || errors.Is(err, context.Canceled) { // the caller's wish
		return shown
	}
	waiting := !s.is(connected)
	op := opOf(err)
	inTLS := isTLSError(err) || (waiting && s.is(handshaking))
	atProxy := op == "proxyconnect" || op == "socks connect" || (waiting && s.is(proxied) && !inTLS)
	switch {
	case atProxy:
		e := &connectError{kinds: []error{ErrProxy}, hint: proxyHint(err), final: isFinalProxyError(err), cause: shown}
		if inTLS { // with a proxy that is itself reached over TLS
			e.kinds, e.hint, e.final = append(e.kinds, ErrTLS), tlsHint(err), isFinalTLSError(err)
		}
		return e
	case inTLS:
		return &connectError{kinds: []error{ErrTLS}, hint: tlsHint(err), final: isFinalTLSError(err), cause: shown}
	}
	if s.kind == ownTransport && !s.is(asked) {
		return &connectError{hint: "net/http rejects the request; check the headers that middleware adds", final: true, cause: shown}
	}
	if s.conns.Load() > connsAtOnce && (waiting || s.unsent(err)) {
		return &connectError{hint: "the server ends each HTTP/2 connection without serving it", cause: shown}
	}
	if hint := dialHint(err); hint != "" && s.unsent(err) {
		return &connectError{hint: hint, cause: shown}
	}
	return shown
}

func opOf(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op
	}
	return ""
}

func dialHint(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check the host of the base URL"
	case errors.As(err, &dns):
		return "check the name servers of this machine"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; check host and port of the base URL"
	case isNetworkFailure(err):
		return "the host is out of reach; check the base URL, and firewalls on the way"
	}
	return ""
}

// proxyRefusal is the response of a proxy that does not connect to the server. Its
// text comes from a status, because the proxy's own may contain anything.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy responded to CONNECT with %d %s", e.status, http.StatusText(e.status))
}

// checkProxyResponse is the OnProxyConnectResponse of the client's own transport.
func checkProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &proxyRefusal{resp.StatusCode}
	}
	return nil
}

// proxyStatus returns the status with which a proxy refused to connect, 0 if that is not
// known. Of an *http.Transport without OnProxyConnectResponse, the error is only the
// status in words.
func proxyStatus(err error) int {
	var refusal *proxyRefusal
	if errors.As(err, &refusal) {
		return refusal.status
	}
	for status := 400; status < 600; status++ {
		if text := http.StatusText(status); text != "" && text == err.Error() {
			return status
		}
	}
	return 0
}

// isFinalProxyError reports whether a retry would fail in the same way. A proxy that
// responds has decided; a retry with refused credentials may lock the account.
func isFinalProxyError(err error) bool {
	return !isNetworkFailure(err) && !retryableStatus(proxyStatus(err))
}

func proxyHint(err error) string {
	switch status := proxyStatus(err); {
	case status == http.StatusProxyAuthRequired:
		return "set the proxy's user and password in its URL"
	case status == http.StatusForbidden:
		return "the proxy does not allow this host; ask its operator"
	case isNetworkFailure(err), status != 0 && !retryableStatus(status):
		return "check HTTPS_PROXY and NO_PROXY, or Proxy of the Transport"
	}
	return "the proxy could not connect to the host of the base URL"
}
