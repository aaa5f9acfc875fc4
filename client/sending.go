package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// sending follows one request through the network layer, to tell after a failure
// whether the request can have been written. It is the context of that request, and
// contains its httptrace.
//
// The line is the moment at which the transport has a connection for the request
// (GotConn). Its hooks are called before RoundTrip returns, so the line is exact.
// WroteHeaders is not: another goroutine writes the headers, possibly after RoundTrip
// has returned because the context ended.
type sending struct {
	context.Context
	trace httptrace.ClientTrace
	url   *url.URL
	kind  transportKind
	flags atomic.Uint32
	conns atomic.Int32 // that the transport has looked for
}

// transportKind is how much is known about the innermost transport.
type transportKind int

const (
	// otherTransport may ignore httptrace, or send more than one request.
	otherTransport transportKind = iota
	// httpTransport is an *http.Transport. It looks for a connection before it sends.
	httpTransport
	// cleartextTransport is an *http.Transport that may speak HTTP/2 without TLS.
	cleartextTransport
	// ownTransport is newTransport's: in addition, nothing is registered with it that
	// could send a request without a connection of its own.
	ownTransport
)

const (
	asked        = 1 << iota // the transport looks for a connection, and so calls hooks
	proxied                  // the connection goes through a proxy
	handshaking              // a TLS handshake has begun, and has not succeeded
	connected                // the request has a connection
	reused                   // another request had that connection before
	http2                    // the connection speaks HTTP/2
	wroteHeaders             // the transport has written the headers, perhaps to a buffer
	repeated                 // the request may have been sent on a connection before that one
)

// traceKey is the key of the httptrace of a context, which is not exported.
var traceKey = func() any {
	var probe keyProbe
	httptrace.ContextClientTrace(&probe)
	return probe.key
}()

type keyProbe struct {
	context.Context
	key any
}

func (p *keyProbe) Value(key any) any {
	p.key = key
	return nil
}

// begin makes s the context for sending req. It also calls the hooks of the trace in
// req's context, except for WroteHeaderField: that would see the keys.
func (s *sending) begin(req *http.Request, kind transportKind) {
	s.Context, s.url, s.kind = req.Context(), req.URL, kind
	s.trace.GetConn = s.getConn
	s.trace.GotConn = s.gotConn
	s.trace.WroteHeaders = s.noteHeaders
	if req.URL.Scheme == "https" {
		s.trace.TLSHandshakeStart = s.tlsHandshakeStart
		s.trace.TLSHandshakeDone = s.tlsHandshakeDone
	}
	if outer := httptrace.ContextClientTrace(s.Context); outer != nil {
		rest := *outer
		rest.WroteHeaderField = nil
		httptrace.WithClientTrace(&sending{trace: rest}, &s.trace) // adds the hooks of rest to s.trace
	}
}

// Value implements [context.Context].
func (s *sending) Value(key any) any {
	if key == traceKey {
		return &s.trace
	}
	return s.Context.Value(key)
}

func (s *sending) getConn(hostPort string) {
	s.noteRepetition()
	if s.kind != otherTransport {
		s.flags.And(repeated) // the rest was about the connection before
		s.slowDown()
	}
	s.flags.Or(asked)
	if hostPort != addressOf(s.url) {
		s.flags.Or(proxied)
	}
}

// connsAtOnce is how many connections net/http may take for one request without delay.
const connsAtOnce = 4

// slowDown waits if the request has already had several connections. net/http takes the
// next one at once if an HTTP/2 server sends GOAWAY: with a server that always does, an
// attempt would be thousands of requests.
func (s *sending) slowDown() {
	if more := s.conns.Add(1) - connsAtOnce; more > 0 {
		sleep(s.Context, time.Duration(more)*firstRetryDelay)
	}
}

func (s *sending) gotConn(info httptrace.GotConnInfo) {
	s.noteRepetition()
	if info.Reused {
		s.flags.Or(reused)
	}
	if s.speaksHTTP2(info.Conn) {
		s.flags.Or(http2)
	}
	s.flags.Or(connected)
}

func (s *sending) speaksHTTP2(conn net.Conn) bool {
	if secure, ok := conn.(interface{ ConnectionState() tls.ConnectionState }); ok {
		return secure.ConnectionState().NegotiatedProtocol == "h2"
	}
	return s.kind == cleartextTransport
}

func (s *sending) noteHeaders() { s.flags.Or(wroteHeaders) }

// noteRepetition notes that the transport sends the request once more, and so that what
// it returns is about the last time only.
//
// On HTTP/1 an *http.Transport repeats a delete only if nothing was written, because the
// server had closed an idle connection. On HTTP/2 most repetitions follow a refusal
// (GOAWAY, REFUSED_STREAM), but some follow PROTOCOL_ERROR, by which a proxy rejects the
// response of a server that has acted. Nothing tells these apart, except that the headers
// were not written if the connection could not be used at all. That is certain: a stream
// that is repeated has ended, and its writer with it.
func (s *sending) noteRepetition() {
	sent := s.kind == otherTransport || s.is(http2) && s.is(wroteHeaders)
	if s.is(connected) && sent {
		s.flags.Or(repeated)
	}
}

func (s *sending) tlsHandshakeStart() { s.flags.Or(handshaking) }

func (s *sending) tlsHandshakeDone(_ tls.ConnectionState, err error) {
	if err == nil {
		s.flags.And(^uint32(handshaking))
	}
}

func (s *sending) is(flag uint32) bool { return s.flags.Load()&flag != 0 }

// addressOf returns the host and port that net/http connects to for u.
func addressOf(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// unsent reports whether the server cannot have acted on the request, which failed
// with err. What is not known counts as sent.
func (s *sending) unsent(err error) bool {
	switch {
	case s.is(repeated):
		return false
	case s.kind != otherTransport && (refusedStream(err) || refusedCertificate(err) && !s.is(reused)):
		return true
	case s.is(connected):
		return false
	case s.is(asked), s.kind == ownTransport:
		return true
	}
	return failedToConnect(err)
}

// isUnsent reports whether err, by its type, is that of a request that was not sent.
func isUnsent(err error) bool {
	var connecting *connectError
	return errors.As(err, &connecting) || failedToConnect(err)
}

// failedToConnect reports whether err, by its type, occurred before there was a
// connection.
func failedToConnect(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect") {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns) || isCertificateError(err)
}

// streamError has the form of net/http's error for an HTTP/2 stream, which is not
// exported and converts itself to such a type for errors.As.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "HTTP/2 stream error" }

// refusedStream reports whether an HTTP/2 server refused the request before it
// processed any of it (RFC 9113, section 8.7). net/http repeats such requests itself,
// and returns this error when it gives up.
func refusedStream(err error) bool {
	const refused = 0x7
	var stream streamError
	return errors.As(err, &stream) && stream.Code == refused
}
