package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"testing"
)

// http2Error has the form of net/http's and does what its method As does.
type http2Error struct{ code uint32 }

func (http2Error) Error() string { return "stream error" }

func (e http2Error) As(target any) bool {
	to, ok := target.(*streamError)
	if ok {
		to.Code = e.code
	}
	return ok
}

func TestRefusedStream(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		http2Error{7}: true, fmt.Errorf("x: %w", http2Error{7}): true, http2Error{8}: false, io.EOF: false,
	} {
		if got := refusedStream(err); got != want {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
		// Another transport may have sent the request before it was refused.
		var s sending
		s.begin(&http.Request{URL: parse(t, BaseURLSandbox)}, otherTransport)
		if s.unsent(err) {
			t.Errorf("%v: got unsent for a transport that is not known", err)
		}
	}
}

// A connection that has served a request has a certificate that the server accepted.
func TestRefusedCertificate(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "remote error", Err: tls.AlertError(49)}
	for _, reused := range []bool{false, true} {
		var s sending
		s.begin(&http.Request{URL: parse(t, BaseURLSandbox)}, httpTransport)
		s.gotConn(httptrace.GotConnInfo{Reused: reused})
		if got := s.unsent(refused); got == reused {
			t.Errorf("reused %v: got unsent %v", reused, got)
		}
	}
}

func TestAddressOf(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://api.y.uno/v1": "api.y.uno:443", "http://localhost": "localhost:80",
		"https://[::1]:8443/v1": "[::1]:8443", "http://[::1]": "[::1]:80",
	} {
		if got := addressOf(parse(t, raw)); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestProxyStatus(t *testing.T) {
	t.Parallel()
	for status := 400; status < 600; status++ {
		if text := http.StatusText(status); text != "" && (proxyStatus(errors.New(text)) != status || proxyStatus(&proxyRefusal{status}) != status) {
			t.Errorf("%s: got %d, want %d", text, proxyStatus(errors.New(text)), status)
		}
	}
	if got := proxyStatus(io.EOF); got != 0 {
		t.Errorf("EOF: got %d", got)
	}
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
