package provider

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/internal/pipenet"
	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

// twoReads has each kind of request: a token, a check, a delete and the read after it.
const twoReads = `provider: reads
title: Reads
parameters: {base_url: {kind: url}, token_url: {kind: url}, key: {kind: secret}}
auth: {oauth2: {token_url: "${token_url}", client_id: me, client_secret: "${key}"}}
check:
  method: GET
  url: "${base_url}/check"
  answers: [{when: {status: 200, json: {key: good}}, then: passed}]
calls:
  - name: erase
    method: DELETE
    url: "${base_url}/customers/${customer}"
    answers: [{when: {status: 204}, then: succeeded}]
    verify:
      method: GET
      url: "${base_url}/customers/${customer}"
      answers: [{when: {status: 200, json: {object: nobody}}, then: gone}]
`

// No response of a provider, to any request, takes longer than the timeout of the
// connection, or keeps one of its slots.
func TestEndlessResponses(t *testing.T) {
	t.Parallel()
	requests := map[string]func(*testing.T, *Connection){
		"POST /token": func(t *testing.T, c *Connection) {
			if got := c.Erase(t.Context(), onlyCustomer); got.Kind != retry {
				t.Errorf("erase: %+v", got)
			}
		},
		"GET /check": func(t *testing.T, c *Connection) {
			if got := c.Check(t.Context()); got.Kind != retry {
				t.Errorf("check: %+v", got)
			}
		},
		"DELETE /customers/cus_123": func(t *testing.T, c *Connection) {
			if got := c.Erase(t.Context(), onlyCustomer); got.Kind != retry {
				t.Errorf("erase: %+v", got)
			}
		},
		"GET /customers/cus_123": func(t *testing.T, c *Connection) {
			if got := c.Erase(t.Context(), onlyCustomer); got.Kind != succeeded || got.Verified {
				t.Errorf("erase: %+v, want a success that is not verified", got)
			}
		},
	}
	for _, endless := range wiretest.EndlessResponses() {
		for request, send := range requests {
			if endless.HTTP2 && !strings.HasPrefix(request, "POST /token") {
				continue // the first request of a connection, for all
			}
			t.Run(endless.Name+"/"+request, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { checkEndless(t, endless, request, send) })
			})
		}
	}
}

func checkEndless(t *testing.T, endless wiretest.Endless, request string, send func(*testing.T, *Connection)) {
	t.Helper()
	listener := pipenet.Listen()
	var reached atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go respondTo(conn, endless, request, &reached)
		}
	}()
	defer listener.Close()
	file := write(t, "reads.yaml", twoReads)
	c := connect(t, "connections:\n  - name: test\n    describe: "+file+
		"\n    parameters: {base_url: \"http://127.0.0.1\", token_url: \"http://127.0.0.1/token\", key: {env: SECRET}}\n")
	transport := transportOf(t, c)
	transport.DialContext = listener.DialContext
	transport.DisableKeepAlives = !endless.HTTP2
	if endless.HTTP2 {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	defer c.client.CloseIdleConnections()
	start := time.Now()
	send(t, c)
	if took := time.Since(start); took > c.timeout {
		t.Errorf("took %v, want at most %v", took, c.timeout)
	}
	if reached.Load() == 0 {
		t.Error("the request was not sent")
	}
	if c.limiter.slots.used != 0 {
		t.Error("a slot is taken")
	}
	time.Sleep(time.Hour) // a connection that is still read would keep the bubble busy
}

// respondTo responds without end to one kind of request, and correctly to the others.
func respondTo(conn net.Conn, endless wiretest.Endless, request string, reached *atomic.Int32) {
	if endless.HTTP2 {
		reached.Add(1)
		endless.Serve(conn)
		return
	}
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		_ = conn.Close()
		return
	}
	responses := map[string]string{
		"POST /token":               responseBytes(200, `{"access_token": "t", "token_type": "bearer"}`, "Content-Type: application/json"),
		"GET /check":                responseBytes(200, `{"key": "good"}`),
		"DELETE /customers/cus_123": responseBytes(204, ""),
		"GET /customers/cus_123":    responseBytes(200, `{"object": "nobody"}`),
	}
	if got := r.Method + " " + r.URL.Path; got != request {
		_, _ = conn.Write([]byte(responses[got]))
		_ = conn.Close()
		return
	}
	reached.Add(1)
	endless.Respond(conn)
}
