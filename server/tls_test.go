package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/internal/pipenet"
	"github.com/yuno-community/yuno-customers/server"
)

// pair names the files of a certificate and its key.
type pair struct{ certFile, keyFile string }

func newPair(t *testing.T) pair {
	t.Helper()
	dir := t.TempDir()
	return pair{certFile: filepath.Join(dir, "tls.crt"), keyFile: filepath.Join(dir, "tls.key")}
}

// write writes a new key and a certificate with the given serial number. The files are
// dated age before now, because two writes can fall into one tick of the file system's
// clock.
func (p pair) write(t *testing.T, serial int64, age time.Duration) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p.put(t, p.certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), age)
	p.put(t, p.keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), age)
}

func (p pair) put(t *testing.T, file string, content []byte, age time.Duration) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(file, then, then); err != nil {
		t.Fatal(err)
	}
}

// serveTLS starts a server with p's certificate and returns its address.
func serveTLS(t *testing.T, p pair, log *logBuffer) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		result <- server.Serve(ctx, listener, mount(t, accepting),
			server.WithTLSFiles(p.certFile, p.keyFile),
			server.WithServeLogger(slog.New(slog.NewTextHandler(log, nil))))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// serial returns the serial number of the certificate that a handshake receives.
func serial(t *testing.T, address string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestTLSReload(t *testing.T) {
	t.Parallel()
	files := newPair(t)
	files.write(t, 1, 3*time.Hour)
	var log logBuffer
	address := serveTLS(t, files, &log)
	expect := func(when string, want int64) {
		t.Helper()
		if got := serial(t, address); got != want {
			t.Errorf("%s: got certificate %d, want %d", when, got, want)
		}
	}
	expect("at first", 1)

	files.write(t, 2, 2*time.Hour)
	expect("after a renewal", 2)

	good, err := os.ReadFile(files.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	files.put(t, files.keyFile, []byte("half a key"), time.Hour)
	expect("with a broken key", 2)
	expect("with the same broken key", 2)
	if n := strings.Count(log.String(), "not reloaded"); n != 1 {
		t.Errorf("%d warnings about one broken key, want 1:\n%s", n, log.String())
	}

	files.put(t, files.keyFile, good, 30*time.Minute)
	files.write(t, 3, 0)
	expect("when repaired", 3)

	if err := os.Remove(files.certFile); err != nil {
		t.Fatal(err)
	}
	expect("without its file", 3)
}

// http2Client sends requests to address over HTTP/2.
type http2Client struct {
	address   string
	transport *http.Transport
}

func newHTTP2Client(t *testing.T) *http2Client {
	t.Helper()
	files := newPair(t)
	files.write(t, 1, 0)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http2Client{address: serveTLS(t, files, &logBuffer{}), transport: transport}
}

func (c *http2Client) send(t *testing.T, method, target string, edit func(*http.Request)) (response, error) {
	t.Helper()
	r := request(method, target, edit)
	out, err := http.NewRequestWithContext(t.Context(), method, "https://"+c.address+target, r.Body)
	if err != nil {
		t.Fatal(err)
	}
	out.Header, out.ContentLength = r.Header, r.ContentLength
	resp, err := c.transport.RoundTrip(out)
	if err != nil {
		return response{}, err
	}
	if resp.ProtoMajor != 2 {
		t.Errorf("got %s, want HTTP/2", resp.Proto)
	}
	return readResponse(t, resp), nil
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	c := newHTTP2Client(t)
	tests := map[string]struct {
		method, path string
		edit         func(*http.Request)
		status       int
		code         string
	}{
		"accepted":  {"DELETE", path, nil, 202, ""},
		"not found": {"DELETE", "/v1/customers/x/../y", nil, 404, "NOT_FOUND"},
		"method":    {"GET", path, nil, 405, "UNSUPPORTED_METHOD"},
		"no keys":   {"DELETE", path, without("Public-Api-Key"), 401, "INVALID_CREDENTIALS"},
		"repeated":  {"DELETE", path, with("X-Account-Code", account, account), 400, "INVALID_PARAMETERS"},
		"body":      {"DELETE", path, withBody("x", 1), 400, "INVALID_REQUEST"},
		"streamed":  {"DELETE", path, withBody("x", -1), 400, "INVALID_REQUEST"},
		"empty":     {"DELETE", path, withBody("", -1), 202, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := c.send(t, tt.method, tt.path, tt.edit)
			if err != nil {
				t.Fatal(err)
			}
			got.want(t, tt.status, tt.code)
		})
	}
}

func TestHTTP2HeaderLimit(t *testing.T) {
	t.Parallel()
	pad := slices.Repeat([]string{strings.Repeat("x", 500)}, 32) // over 16 KiB
	got, err := newHTTP2Client(t).send(t, "DELETE", path, with("X-Pad", pad...))
	// The transport may already know the limit from the server's settings.
	if err == nil && got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d, want 431", got.status)
	}
	if err != nil && !strings.Contains(err.Error(), "header list") {
		t.Error(err)
	}
}

func TestTLSFilesMustMatch(t *testing.T) {
	t.Parallel()
	files := newPair(t)
	files.write(t, 1, 0)
	other := newPair(t)
	other.write(t, 2, 0)
	for name, p := range map[string]pair{
		"another key": {files.certFile, other.keyFile},
		"no key":      {files.certFile, filepath.Join(t.TempDir(), "none")},
	} {
		err := server.Serve(t.Context(), pipenet.Listen(), mount(t, accepting), server.WithTLSFiles(p.certFile, p.keyFile))
		if err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want an error about the certificate", name, err)
		}
	}
}
