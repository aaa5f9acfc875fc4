package server_test

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"testing"
)

// pipeListener is a listener without a network: goroutines that wait for it are
// durably blocked, so the clock of a synctest bubble can advance.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// pipeClient is the client's side of one connection.
type pipeClient struct {
	net.Conn
	r *bufio.Reader
}

// dial reports false if the listener is closed.
func (l *pipeListener) dial() (*pipeClient, bool) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return &pipeClient{Conn: ours, r: bufio.NewReader(ours)}, true
	case <-l.closed:
		return nil, false
	}
}

func mustDial(t *testing.T, l *pipeListener) *pipeClient {
	t.Helper()
	c, ok := l.dial()
	if !ok {
		t.Fatal("the listener is closed")
	}
	return c
}

// head is a request that is accepted, up to its last header and without the empty line
// that ends the header section.
const head = "DELETE " + path + " HTTP/1.1\r\nHost: x\r\n" +
	"X-Account-Code: " + account + "\r\n" +
	"Public-Api-Key: " + publicKey + "\r\n" +
	"Private-Secret-Key: " + secretKey + "\r\n"

func (c *pipeClient) send(t *testing.T, s string) {
	t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		t.Fatalf("sending: %v", err)
	}
}

func (c *pipeClient) receive(t *testing.T) response {
	t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatalf("receiving: %v", err)
	}
	got := readResponse(t, resp)
	if resp.Close {
		got.header.Set("Connection", "close")
	}
	return got
}
