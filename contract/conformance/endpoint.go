package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// endpoint is a target that accepts requests.
type endpoint struct {
	baseURL *url.URL
	http1   http.RoundTripper
	http2   http.RoundTripper // nil if the target cannot be asked for HTTP/2
	// newHTTP1 makes another transport for HTTP/1.1; nil if the target brings its own.
	newHTTP1 func() *http.Transport
	ends     bool // with the run: it is not the user's own address
	close    func()
}

// open makes the target accept requests.
func (t Target) open(basePath string) (*endpoint, error) {
	if t.BaseURL == "" {
		return serve(t.Handler, basePath)
	}
	u, err := url.Parse(strings.TrimSuffix(t.BaseURL, "/"))
	if err != nil { // not printed, because it quotes the URL
		return nil, errors.New("base URL: not a URL")
	}
	if t.Transport != nil {
		return &endpoint{baseURL: u, http1: t.Transport, http2: t.Transport, close: func() {}}, nil
	}
	e := &endpoint{baseURL: u}
	e.newHTTP1 = func() *http.Transport {
		t := newTransport(false, false)
		t.Proxy = wire.Proxy
		return t
	}
	http1 := e.newHTTP1()
	e.http1, e.close = http1, http1.CloseIdleConnections
	if u.Scheme == "https" {
		http2 := newTransport(true, false)
		http2.Proxy = wire.Proxy
		e.http2 = http2
		e.close = func() { http1.CloseIdleConnections(); http2.CloseIdleConnections() }
	}
	return e, nil
}

// serve runs the handler on a loopback port, with HTTP/1.1 and HTTP/2.
func serve(h http.Handler, basePath string) (*endpoint, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening on loopback: %w", err)
	}
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		Protocols:         new(http.Protocols),
		ErrorLog:          log.New(io.Discard, "", 0), // the text of a panic may contain anything
	}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // always ErrServerClosed
	}()
	newHTTP1 := func() *http.Transport { return newTransport(false, false) }
	http1, http2 := newHTTP1(), newTransport(true, true)
	return &endpoint{
		baseURL:  &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: basePath},
		http1:    http1,
		http2:    http2,
		newHTTP1: newHTTP1,
		ends:     true,
		close: func() {
			http1.CloseIdleConnections()
			http2.CloseIdleConnections()
			_ = server.Close()
			<-done
		},
	}, nil
}

// newTransport returns a transport for one version of HTTP, so that a case knows which one
// it judges. Over TLS the server may still choose HTTP/1.1 if asked for HTTP/2.
func newTransport(http2, unencrypted bool) *http.Transport {
	t := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	t.Protocols.SetHTTP1(!unencrypted)
	t.Protocols.SetHTTP2(http2 && !unencrypted)
	t.Protocols.SetUnencryptedHTTP2(unencrypted)
	return t
}

// onlyHTTP2 reports whether a transport is the one for the cases about HTTP/2.
func (e *endpoint) onlyHTTP2(via http.RoundTripper) bool {
	http2, ok := e.http2.(*http.Transport)
	return ok && via == http2 && e.http1 != http2
}

// whyNoResponse says why a request got no response. It never quotes the error, which may
// contain the URL. unreachable means that there is no implementation to judge; a broken
// connection is different, because a wrong implementation breaks connections too.
func whyNoResponse(ctx context.Context, err error) (reason string, unreachable bool) {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		noTLS       tls.RecordHeaderError
		op          *net.OpError
	)
	switch {
	case ctx.Err() != nil:
		return "a timeout", true
	case errors.As(err, &dns):
		return "a host name that does not resolve", true
	case errors.As(err, &certificate):
		return "a certificate that is not trusted for this host", true
	case errors.As(err, &noTLS):
		return "something other than TLS on a port for https", true
	case errors.Is(err, syscall.ECONNREFUSED):
		return "a refused connection", true
	case errors.As(err, &op) && op.Op == "dial":
		return "a host that cannot be reached", true
	}
	return "a broken connection", false
}
