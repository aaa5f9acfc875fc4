package server_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// serving is a running Serve. Its context ends with stop.
type serving struct {
	listener *pipeListener
	stop     context.CancelFunc
	result   chan error
}

func serve(t *testing.T, h http.Handler, opts ...server.ServeOption) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &serving{listener: newPipeListener(), stop: stop, result: make(chan error, 1)}
	opts = append([]server.ServeOption{server.WithServeLogger(slog.New(slog.DiscardHandler))}, opts...)
	go func() { s.result <- server.Serve(ctx, s.listener, h, opts...) }()
	return s
}

// sleeping takes d, whatever becomes of its context, and accepts.
func sleeping(d time.Duration) implFunc {
	return func(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		time.Sleep(d)
		return api.DeleteCustomer202Response{}, ctx.Err()
	}
}

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
					t.Errorf("answered after %v, want at most %v", took, tt.within)
				}
				if tt.status == 202 {
					// The connection is as good as new, its deadline included.
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

// Whoever has no right keys, or asks for what is not there, is answered before a body
// that may never come.
func TestServeLooksAtBodiesLast(t *testing.T) {
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
					t.Errorf("answered after %v, Connection %q; want at once, and a close", took, got.header.Get("Connection"))
				}
				s.stop()
				<-s.result
			})
		})
	}
}

// Both looks at a request share one deadline.
func TestServeChunkedDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := authFunc(func(context.Context, server.Keys) (server.Principal, error) {
			time.Sleep(6 * time.Second) // more than a body may take
			return server.Principal{AccountCodes: []string{account}}, nil
		})
		h, err := server.New(implFunc(accepting), auth, server.WithTimeout(10*time.Second), server.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, h)
		c := mustDial(t, s.listener)
		start := time.Now()
		c.send(t, head+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
		c.receive(t).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("answered after %v, want 10s", took)
		}
		s.stop()
		if err := <-s.result; err != nil {
			t.Error(err)
		}
	})
}

// The time for a body begins when it is looked at.
func TestServeBodyAfterSlowKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := authFunc(func(context.Context, server.Keys) (server.Principal, error) {
			time.Sleep(6 * time.Second)
			return server.Principal{AccountCodes: []string{account}}, nil
		})
		h, err := server.New(implFunc(accepting), auth, server.WithLogger(slog.New(slog.DiscardHandler)))
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

// A number sign in a request target is no fragment to net/http, but it is to whatever
// builds a URL from the id.
func TestServeRawNumberSign(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting))
		c := mustDial(t, s.listener)
		c.send(t, strings.Replace(head, path, "/v1/customers/x#f", 1)+"\r\n")
		c.receive(t).want(t, http.StatusBadRequest, "INVALID_PARAMETERS")
		s.stop()
		<-s.result
	})
}

func TestServeReadsLittleOfABody(t *testing.T) {
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
		// net/http's own limit is 256 KiB, after the answer.
		if n := <-sent; n > 300<<10 {
			t.Errorf("%d bytes of an endless body were read", n)
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

func TestServeDropsClientsThatDoNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting), server.WithWriteTimeout(7*time.Second))
		c := mustDial(t, s.listener)
		c.send(t, head+"\r\n")
		time.Sleep(7*time.Second + 1)
		synctest.Wait()
		if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
			t.Errorf("got %q, %v from a connection that should be closed", got, err)
		}
		s.stop()
		<-s.result
	})
}

func TestServeAnswersBeforeItsWriteTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, sleeping(time.Hour)))
		c := mustDial(t, s.listener)
		c.send(t, head+"\r\n")
		c.receive(t).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		_ = c.Close()
		s.stop()
		<-s.result
		time.Sleep(time.Hour)
	})
}

func TestServeCutsOffSlowClients(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		send  string
		after time.Duration
	}{
		"nothing":     {"", 10 * time.Second},
		"half a head": {head, 10 * time.Second},
		"idle":        {head + "\r\n", 2 * time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, mount(t, accepting))
				c := mustDial(t, s.listener)
				start := time.Now()
				c.send(t, tt.send)
				if name == "idle" {
					c.receive(t).want(t, http.StatusAccepted, "")
				}
				if _, err := io.Copy(io.Discard, c); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took < tt.after || took > tt.after+time.Second {
					t.Errorf("closed after %v, want %v", took, tt.after)
				}
				s.stop()
				<-s.result
			})
		})
	}
}

func TestServeHeaderLimit(t *testing.T) {
	t.Parallel()
	for size, status := range map[int]int{16 << 10: 202, 16<<10 + 1: 431, 64 << 10: 431} {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, mount(t, accepting))
			c := mustDial(t, s.listener)
			pad := size - len(head+"X-Pad: \r\n\r\n")
			go func() {
				// Fails when the server has heard enough.
				_, _ = io.WriteString(c, head+"X-Pad: "+strings.Repeat("x", pad)+"\r\n\r\n")
			}()
			if got := c.receive(t); got.status != status {
				t.Errorf("%d bytes of header: got %d, want %d", size, got.status, status)
			}
			_ = c.Close()
			s.stop()
			<-s.result
		})
	}
}

func TestServeLeavesNothingToNetHTTP(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting))
		c := mustDial(t, s.listener)
		c.send(t, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
		c.receive(t).want(t, http.StatusNotFound, "NOT_FOUND")
		_ = c.Close()
		s.stop()
		<-s.result
	})
}

func TestServePassesValuesNotCancellation(t *testing.T) {
	t.Parallel()
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
		listener := newPipeListener()
		result := make(chan error, 1)
		go func() {
			result <- server.Serve(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				stop()
				time.Sleep(time.Second)
				if got := r.Context().Value(key{}); got != "value" || r.Context().Err() != nil {
					t.Errorf("got value %v, error %v", got, r.Context().Err())
				}
			}))
		}()
		c := mustDial(t, listener)
		c.send(t, head+"\r\n")
		c.receive(t)
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
}

func TestServeReportsEveryMistake(t *testing.T) {
	t.Parallel()
	listener := newPipeListener()
	err := server.Serve(t.Context(), listener, nil,
		server.WithWriteTimeout(0), server.WithShutdownTimeout(-1), server.WithServeLogger(nil),
		server.WithTLSFiles("testdata/none.pem", "testdata/none.key"), nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"handler: nil", "write timeout", "shutdown timeout", "logger", "certificate", "option: nil"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if _, ok := listener.dial(); ok {
		t.Error("the listener was left open")
	}
	if err := server.Serve(t.Context(), nil, mount(t, accepting)); err == nil || !strings.Contains(err.Error(), "listener: nil") {
		t.Errorf("got error %v, want one about the listener", err)
	}
}

func TestServeReportsALostListener(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	if err := server.Serve(t.Context(), listener, mount(t, accepting)); err == nil {
		t.Error("no error for a closed listener")
	}
}
