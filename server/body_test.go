package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

func TestServeBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		head   string
		body   string
		status int
		code   string
		within time.Duration
	}{
		"none":                  {"\r\n", "", 202, "", 0},
		"empty":                 {"Content-Length: 0\r\n\r\n", "", 202, "", 0},
		"empty chunked":         {"Transfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n", 202, "", 0},
		"one byte":              {"Content-Length: 1\r\n\r\n", "x", 400, "INVALID_REQUEST", 0},
		"one byte chunked":      {"Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", 400, "INVALID_REQUEST", 0},
		"declared, never sent":  {"Content-Length: 1000000\r\n\r\n", "", 400, "INVALID_REQUEST", 0},
		"expecting to be asked": {"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", "", 400, "INVALID_REQUEST", 0},
		"chunked, never sent":   {"Transfer-Encoding: chunked\r\n\r\n", "", 400, "INVALID_REQUEST", 5 * time.Second},
		"broken chunk":          {"Transfer-Encoding: chunked\r\n\r\n", "zz\r\n", 400, "INVALID_REQUEST", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, mount(t, accepting))
				c := mustDial(t, s.listener)
				start := time.Now()
				c.send(t, head+tt.head+tt.body)
				got := c.receive(t)
				got.want(t, tt.status, tt.code)
				if took := time.Since(start); took > tt.within {
					t.Errorf("the response took %v, want at most %v", took, tt.within)
				}
				closes := tt.status != 202 || strings.Contains(tt.head, "Transfer-Encoding")
				if got.header.Get("Connection") == "close" != closes {
					t.Errorf("the connection is closed: %v, want %v", !closes, closes)
				}
				if !closes {
					// The connection stays usable, without the deadline for the body.
					time.Sleep(30 * time.Second)
					c.send(t, head+"\r\n")
					c.receive(t).want(t, http.StatusAccepted, "")
				}
				_ = c.Close()
				s.stop()
				if err := <-s.result; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// calls counts what one request asks of each part behind the handler.
type calls struct{ auth, limit, impl int }

// mountCounting returns a handler that accepts everything and counts in n.
func mountCounting(t *testing.T, n *calls) http.Handler {
	t.Helper()
	keys := twoKeys(t)
	auth := authFunc(func(ctx context.Context, k server.Keys) (server.Principal, error) {
		n.auth++
		return keys.Authenticate(ctx, k)
	})
	impl := service{deleteCustomer: func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		n.impl++
		return api.DeleteCustomer202Response{}, nil
	}}
	h, err := server.New(impl, auth, server.WithLimiter(func(context.Context, string) time.Duration {
		n.limit++
		return 0
	}))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestServeAuthenticatesOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rest   string // of the request, after head
		status int
		want   calls
	}{
		"no body":                         {"\r\n", 202, calls{1, 1, 1}},
		"declared length":                 {"Content-Length: 1\r\n\r\nx", 400, calls{1, 1, 0}},
		"undeclared length":               {"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 400, calls{1, 1, 0}},
		"undeclared length and no body":   {"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 202, calls{1, 1, 1}},
		"undeclared length and no chunks": {"Transfer-Encoding: chunked\r\n\r\n", 400, calls{1, 1, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got calls
				s := serve(t, mountCounting(t, &got))
				c := mustDial(t, s.listener)
				c.send(t, head+tt.rest)
				if resp := c.receive(t); resp.status != tt.status {
					t.Errorf("got status %d, want %d", resp.status, tt.status)
				}
				_ = c.Close()
				s.stop()
				<-s.result
				if got != tt.want {
					t.Errorf("got calls %+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

// A body that may never come is not waited for if the keys are invalid or the path or
// method does not exist.
func TestServeChecksKeysBeforeBody(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		head   string
		status int
		code   string
	}{
		"no keys":        {"DELETE " + path + " HTTP/1.1\r\nHost: x\r\n", 401, "INVALID_CREDENTIALS"},
		"wrong keys":     {strings.Replace(head, secretKey, "wrong", 1), 401, "INVALID_CREDENTIALS"},
		"unknown path":   {strings.Replace(head, "/customers/", "/nothing/", 1), 404, "NOT_FOUND"},
		"another method": {strings.Replace(head, "DELETE", "PUT", 1), 405, "UNSUPPORTED_METHOD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, mount(t, accepting))
				c := mustDial(t, s.listener)
				start := time.Now()
				c.send(t, tt.head+"Transfer-Encoding: chunked\r\n\r\n")
				got := c.receive(t)
				got.want(t, tt.status, tt.code)
				if took := time.Since(start); took > 0 || got.header.Get("Connection") != "close" {
					t.Errorf("the response took %v with Connection %q; want it at once, with close", took, got.header.Get("Connection"))
				}
				s.stop()
				<-s.result
			})
		})
	}
}

// With a body of undeclared length, authentication and implementation are two calls.
// They share one deadline.
func TestServeSharesDeadlineBetweenCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := authFunc(func(context.Context, server.Keys) (server.Principal, error) {
			time.Sleep(6 * time.Second)
			return server.Principal{AccountCodes: []string{account}}, nil
		})
		h, err := server.New(service{deleteCustomer: sleeping(6 * time.Second)}, auth, server.WithTimeout(10*time.Second), server.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, h)
		c := mustDial(t, s.listener)
		start := time.Now()
		c.send(t, head+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
		c.receive(t).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("the response took %v, want 10s", took)
		}
		s.stop()
		if err := <-s.result; err != nil {
			t.Error(err)
		}
	})
}

// The time for a body starts after the keys were checked.
func TestServeBodyAfterSlowKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := authFunc(func(context.Context, server.Keys) (server.Principal, error) {
			time.Sleep(6 * time.Second) // longer than the time for a body
			return server.Principal{AccountCodes: []string{account}}, nil
		})
		h, err := server.New(service{deleteCustomer: accepting}, auth, server.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, h)
		c := mustDial(t, s.listener)
		c.send(t, head+"Transfer-Encoding: chunked\r\n\r\n")
		time.Sleep(7 * time.Second)
		c.send(t, "0\r\n\r\n")
		c.receive(t).want(t, http.StatusAccepted, "")
		_ = c.Close()
		s.stop()
		if err := <-s.result; err != nil {
			t.Error(err)
		}
	})
}

func TestServeLimitsBodyRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting))
		c := mustDial(t, s.listener)
		c.send(t, head+"Transfer-Encoding: chunked\r\n\r\n")
		sent := make(chan int)
		go func() {
			n := 0
			for {
				m, err := io.WriteString(c, "1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n")
				if n += m; err != nil {
					sent <- n
					return
				}
			}
		}()
		c.receive(t).want(t, http.StatusBadRequest, "INVALID_REQUEST")
		// net/http itself reads up to 256 KiB after the response.
		if n := <-sent; n > 300<<10 {
			t.Errorf("the server read %d bytes of an endless body", n)
		}
		s.stop()
		<-s.result
	})
}

func TestServeSlowHandlerKeepsItsContext(t *testing.T) {
	t.Parallel()
	for _, rest := range []string{"\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, mount(t, sleeping(59*time.Second)))
			c := mustDial(t, s.listener)
			c.send(t, head+rest)
			c.receive(t).want(t, http.StatusAccepted, "")
			_ = c.Close()
			s.stop()
			<-s.result
		})
	}
}
