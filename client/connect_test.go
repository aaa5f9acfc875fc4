package client_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

// listen calls handle with each connection to the returned address.
func listen(tb testing.TB, handle func(net.Conn)) (hostPort string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// say returns a handler that reads something, writes text and ends the connection.
func say(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, text)
	}
}

// reset is a handler that reads something and resets the connection.
func reset(conn net.Conn) {
	_, _ = conn.Read(make([]byte, 1))
	_ = conn.(*net.TCPConn).SetLinger(0)
}

// closedPort returns an address where nothing listens.
func closedPort(tb testing.TB) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// tlsServer returns the URL of a server that accepts every erasure, and the client's
// configuration that trusts it.
func tlsServer(tb testing.TB, configure func(*tls.Config)) (baseURL string, trust *tls.Config) {
	tb.Helper()
	server := httptest.NewUnstartedServer(accept)
	server.Config.ErrorLog = discardLog
	server.TLS = &tls.Config{}
	configure(server.TLS)
	server.StartTLS()
	tb.Cleanup(server.Close)
	return server.URL, &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
}

// connectCase is one way in which no connection comes about.
type connectCase struct {
	name     string
	setup    func(t *testing.T, over *http.Transport) (baseURL string)
	want     error // errAny: none of the sentinels
	attempts int
	hint     string
}

// throughProxy has a proxy that handles each connection with handle.
func throughProxy(handle func(net.Conn)) func(*testing.T, *http.Transport) string {
	return func(t *testing.T, over *http.Transport) string {
		over.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: listen(t, handle), User: url.UserPassword("user", "PRIVATE")})
		return client.BaseURLSandbox
	}
}

// atPort has a server on the https port that handles each connection with handle.
func atPort(handle func(net.Conn)) func(*testing.T, *http.Transport) string {
	return func(t *testing.T, _ *http.Transport) string { return "https://" + listen(t, handle) }
}

func proxyCases() []connectCase {
	return []connectCase{
		{"407", throughProxy(say("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")), client.ErrProxy, 1, "user and password"},
		{"403", throughProxy(say("HTTP/1.1 403 Forbidden\r\n\r\n")), client.ErrProxy, 1, "operator"},
		{"503", throughProxy(say("HTTP/1.1 503 Service Unavailable\r\n\r\n")), client.ErrProxy, 3, "could not connect"},
		{"502", throughProxy(say("HTTP/1.1 502 Bad Gateway\r\n\r\n")), client.ErrProxy, 3, "could not connect"},
		{"Dropped", throughProxy(say("")), client.ErrProxy, 3, "HTTPS_PROXY"},
		{"Reset", throughProxy(reset), client.ErrProxy, 3, "HTTPS_PROXY"},
		{"NoHTTP", throughProxy(say("220 mail.example ESMTP\r\n")), client.ErrProxy, 1, ""},
		{"Unreachable", func(t *testing.T, over *http.Transport) string {
			over.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: closedPort(t)})
			return client.BaseURLSandbox
		}, client.ErrProxy, 3, "HTTPS_PROXY"},
		{"UnreachableForHTTP", func(t *testing.T, over *http.Transport) string {
			over.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: closedPort(t)})
			return "http://127.0.0.1:9/v1"
		}, client.ErrProxy, 3, "HTTPS_PROXY"},
		{"SOCKS", func(t *testing.T, over *http.Transport) string {
			over.Proxy = http.ProxyURL(&url.URL{Scheme: "socks5", Host: listen(t, say("\x05\xff"))})
			return client.BaseURLSandbox
		}, client.ErrProxy, 1, ""},
		{"Certificate", func(t *testing.T, over *http.Transport) string {
			proxy, _ := tlsServer(t, func(*tls.Config) {})
			over.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy) }
			return client.BaseURLSandbox
		}, client.ErrProxy, 1, "root certificate"},
		{"TLSThenRefusal", func(t *testing.T, over *http.Transport) string {
			proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(407) }))
			proxy.StartTLS()
			t.Cleanup(proxy.Close)
			over.TLSClientConfig = proxy.Client().Transport.(*http.Transport).TLSClientConfig
			over.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
			return client.BaseURLSandbox
		}, client.ErrProxy, 1, "user and password"},
		{"TLSToTheServer", throughProxy(func(conn net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			say("<html>")(conn)
		}), client.ErrTLS, 1, "does not speak TLS"},
	}
}

func tlsCases() []connectCase {
	// served returns a set-up whose server and client have these configurations.
	served := func(ofServer, ofClient func(*tls.Config)) func(*testing.T, *http.Transport) string {
		return func(t *testing.T, over *http.Transport) string {
			baseURL, trust := tlsServer(t, ofServer)
			ofClient(trust)
			over.TLSClientConfig = trust
			return baseURL
		}
	}
	untouched := func(*tls.Config) {}
	min13 := func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }
	max12 := func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }
	wantsCertificate := func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }
	alert := func(code byte) func(net.Conn) { return say("\x15\x03\x03\x00\x02\x02" + string([]byte{code})) }
	return []connectCase{
		{"UnknownAuthority", served(untouched, func(c *tls.Config) { c.RootCAs = nil }), client.ErrTLS, 1, "root certificate"},
		{"OtherHost", served(untouched, func(c *tls.Config) { c.ServerName = "api.y.uno" }), client.ErrTLS, 1, "base URL"},
		{"Expired", served(untouched, func(c *tls.Config) { c.Time = func() time.Time { return time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC) } }), client.ErrTLS, 1, "clock"},
		{"OwnCheck", served(untouched, func(c *tls.Config) {
			c.VerifyConnection = func(tls.ConnectionState) error { return errors.New("pin differs") }
		}), client.ErrTLS, 1, ""},
		{"ServerRefusesVersion", served(min13, max12), client.ErrTLS, 1, "version"},
		{"ClientRefusesVersion", served(max12, min13), client.ErrTLS, 1, "version"},
		{"ClientCertificate12", served(wantsCertificate, max12), client.ErrTLS, 1, "client certificate"},
		{"HandshakeFailureAlert", atPort(alert(40)), client.ErrTLS, 1, "version"},
		{"UnrecognizedNameAlert", atPort(alert(112)), client.ErrTLS, 1, "host of the base URL"},
		{"InternalErrorAlert", atPort(alert(80)), client.ErrTLS, 3, ""},
		{"EOF", atPort(say("")), client.ErrTLS, 3, "firewall"},
		{"EOFInARecord", atPort(say("\x16\x03\x03\x40\x00half")), client.ErrTLS, 3, "firewall"},
		{"Reset", atPort(reset), client.ErrTLS, 3, "firewall"},
		{"PlainHTTP", atPort(say("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")), client.ErrTLS, 1, "does not speak TLS"},
		{"PlainHTTP10", atPort(say("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")), client.ErrTLS, 1, "does not speak TLS"},
		{"OtherProtocol", atPort(say("SSH-2.0-OpenSSH_9.9\r\n")), client.ErrTLS, 1, "does not speak TLS"},
		{"OwnDialer", func(t *testing.T, over *http.Transport) string {
			baseURL, _ := tlsServer(t, untouched)
			over.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				return new(tls.Dialer).DialContext(ctx, network, address)
			}
			return baseURL
		}, client.ErrTLS, 1, "root certificate"},
	}
}

func dialCases() []connectCase {
	dialing := func(err error) func(*testing.T, *http.Transport) string {
		return func(_ *testing.T, over *http.Transport) string {
			over.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, err }
			return client.BaseURLSandbox
		}
	}
	return []connectCase{
		{"Refused", func(t *testing.T, _ *http.Transport) string { return "https://" + closedPort(t) }, errAny, 3, "nothing listens there"},
		{"NoSuchHost", dialing(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}), errAny, 3, "host of the base URL"},
		{"NameServer", dialing(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), errAny, 3, "name servers"},
		{"Unreachable", dialing(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}), errAny, 3, "firewalls"},
		{"OwnDialer", dialing(errors.New("no route for this tenant")), errAny, 3, ""},
	}
}

// What fails before the request has a connection was not sent, whatever the error.
func TestNotSent(t *testing.T) {
	t.Parallel()
	transports := map[string]func() *http.Transport{
		"Own":     client.NewTransport,
		"Callers": func() *http.Transport { return &http.Transport{ForceAttemptHTTP2: true} },
	}
	for kind, cases := range map[string][]connectCase{"Proxy": proxyCases(), "TLS": tlsCases(), "Dial": dialCases()} {
		for _, tc := range cases {
			for of, newTransport := range transports {
				t.Run(kind+"/"+tc.name+"/"+of, func(t *testing.T) {
					t.Parallel()
					over := newTransport()
					baseURL := tc.setup(t, over)
					c := newClient(t, baseURL, fastRetries(), client.WithHTTPClient(&http.Client{Transport: over}))
					checkNotSent(t, c.DeleteCustomer(t.Context(), customerID), tc)
				})
			}
		}
	}
}

// Only the client's own transport learns the status of a refusal in other words. With
// another, a refusal that is not understood is final.
func TestProxyRefusesInItsOwnWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status   int
		own      int // attempts
		callers  int
		ownsHint string
	}{
		{407, 1, 1, "user and password"},
		{503, 3, 1, "could not connect"},
		{418, 1, 1, "HTTPS_PROXY"},
	} {
		refuse := throughProxy(say(fmt.Sprintf("HTTP/1.1 %d no, PRIVATE\x1b[31m\r\n\r\n", tc.status)))
		for attempts, over := range map[*int]*http.Transport{&tc.own: client.NewTransport(), &tc.callers: {}} {
			c := newClient(t, refuse(t, over), fastRetries(), client.WithHTTPClient(&http.Client{Transport: over}))
			e := asError(t, c.DeleteCustomer(t.Context(), customerID))
			if !errors.Is(e, client.ErrProxy) || e.Attempts != *attempts || e.MayHaveApplied || strings.Contains(e.Error(), "\x1b") {
				t.Errorf("%d: got %v after %d attempts, want %d", tc.status, e, e.Attempts, *attempts)
			}
			if own := attempts == &tc.own; own && (!strings.Contains(e.Error(), tc.ownsHint) || strings.Contains(e.Error(), "PRIVATE")) {
				t.Errorf("%d: got %v, want it to mention %q and not the proxy's words", tc.status, e, tc.ownsHint)
			}
		}
	}
}

func checkNotSent(t *testing.T, err error, tc connectCase) {
	t.Helper()
	e := asError(t, err)
	if e.MayHaveApplied || e.StatusCode != 0 || e.Attempts != tc.attempts {
		t.Errorf("got MayHaveApplied %v, status %d, %d attempts; want false, 0, %d", e.MayHaveApplied, e.StatusCode, e.Attempts, tc.attempts)
	}
	for _, sentinel := range []error{client.ErrProxy, client.ErrTLS} {
		if is := errors.Is(err, sentinel); is != (tc.want == sentinel) && tc.name != "Certificate" {
			t.Errorf("got %v, errors.Is %q: %v", err, sentinel, is)
		}
	}
	if text := err.Error(); !strings.Contains(text, tc.hint) || strings.Contains(text, "\n") || strings.Contains(text, "PRIVATE") || len(text) > 600 {
		t.Errorf("got text %q, want it to mention %q", text, tc.hint)
	}
	if testing.Verbose() {
		t.Log(err)
	}
}

// A step of connecting that takes too long is not sent either, and is retried.
func TestNotSentInTime(t *testing.T) {
	t.Parallel()
	silent := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	for name, tc := range map[string]struct {
		change func(*http.Transport)
		want   error
	}{
		"TLSHandshake":        {func(*http.Transport) {}, client.ErrTLS},
		"TLSHandshakeTimeout": {func(over *http.Transport) { over.TLSHandshakeTimeout = time.Second }, client.ErrTLS},
		"CONNECT": {func(over *http.Transport) {
			over.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example:3128"})
		}, client.ErrProxy},
		"Dial": {func(over *http.Transport) {
			over.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pipes := pipenet.Listen()
				defer pipes.Close()
				go func() {
					for conn, err := pipes.Accept(); err == nil; conn, err = pipes.Accept() {
						go silent(conn)
					}
				}()
				over := client.NewTransport()
				over.TLSHandshakeTimeout = 0
				over.DialContext = pipes.DialContext
				tc.change(over)
				c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: over}))
				err := c.DeleteCustomer(t.Context(), customerID)
				if e := asError(t, err); !errors.Is(err, tc.want) || e.MayHaveApplied || e.Attempts != 3 {
					t.Errorf("got %v after %d attempts with MayHaveApplied %v", err, e.Attempts, e.MayHaveApplied)
				}
				if name == "Dial" && !strings.Contains(err.Error(), "firewalls") {
					t.Errorf("got %v, want a hint", err)
				}
				if timedOut := name != "TLSHandshakeTimeout"; errors.Is(err, context.DeadlineExceeded) != timedOut {
					t.Errorf("got %v, matches DeadlineExceeded: %v", err, !timedOut)
				}
				time.Sleep(2 * time.Minute) // until net/http has ended its background dials
			})
		})
	}
}

// The caller's own cancellation is no fault of TLS.
func TestCanceledWhileConnecting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	baseURL := "https://" + listen(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1)) // the handshake has begun
		cancel(errors.New("user left"))
		_, _ = io.Copy(io.Discard, conn)
	})
	err := newClient(t, baseURL).DeleteCustomer(ctx, customerID)
	if e := asError(t, err); !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrTLS) || e.MayHaveApplied || e.Attempts != 1 {
		t.Errorf("got %v after %d attempts with MayHaveApplied %v", err, e.Attempts, e.MayHaveApplied)
	}
}

// With TLS 1.3, a server rejects the client's certificate after the client's side of
// the handshake is done and the request is written.
func TestClientCertificateRefusedAfterHandshake(t *testing.T) {
	t.Parallel()
	baseURL := "https://" + listen(t, func(conn net.Conn) {
		certificate := httptest.NewUnstartedServer(nil)
		certificate.StartTLS()
		defer certificate.Close()
		server := tls.Server(conn, &tls.Config{Certificates: certificate.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert})
		_ = server.Handshake()
		_, _ = io.Copy(io.Discard, conn) // closing with unread data would reset the connection
	})
	c := newClient(t, baseURL, fastRetries(), client.WithHTTPClient(&http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}))
	err := c.DeleteCustomer(t.Context(), customerID)
	checkNotSent(t, err, connectCase{want: client.ErrTLS, attempts: 1, hint: "client's certificate"})
}

// An alert on an established connection says nothing about the request.
func TestAlertAfterTheRequest(t *testing.T) {
	t.Parallel()
	baseURL := "https://" + listen(t, func(conn net.Conn) {
		certificate := httptest.NewUnstartedServer(nil)
		certificate.StartTLS()
		defer certificate.Close()
		server := tls.Server(conn, &tls.Config{Certificates: certificate.TLS.Certificates, MaxVersion: tls.VersionTLS12})
		_, _ = http.ReadRequest(bufio.NewReader(server))
		_, _ = io.WriteString(conn, "\x15\x03\x03\x00\x02\x02\x28") // unencrypted: the client sends bad_record_mac
	})
	c := newClient(t, baseURL, client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}))
	err := c.DeleteCustomer(t.Context(), customerID)
	if e := asError(t, err); !e.MayHaveApplied || !errors.Is(err, client.ErrTLS) {
		t.Errorf("got %v with MayHaveApplied %v", err, e.MayHaveApplied)
	}
}
