package server_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

// pipeClient is the client's side of one connection.
type pipeClient struct {
	net.Conn
	r *bufio.Reader
}

// dial reports false if the listener is closed.
func dial(l *pipenet.Listener) (*pipeClient, bool) {
	conn, err := l.DialContext(context.Background(), "", "")
	return &pipeClient{Conn: conn, r: bufio.NewReader(conn)}, err == nil
}

func mustDial(t *testing.T, l *pipenet.Listener) *pipeClient {
	t.Helper()
	c, ok := dial(l)
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
