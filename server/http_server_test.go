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

	"github.com/yuno-community/yuno-customers/internal/pipenet"
	"github.com/yuno-community/yuno-customers/server"
)

// serving is a running Serve. stop ends its context.
type serving struct {
	listener *pipenet.Listener
	stop     context.CancelFunc
	result   chan error
}

func serve(t *testing.T, h http.Handler, opts ...server.ServeOption) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &serving{listener: pipenet.Listen(), stop: stop, result: make(chan error, 1)}
	opts = append([]server.ServeOption{server.WithServeLogger(slog.New(slog.DiscardHandler))}, opts...)
	go func() { s.result <- server.Serve(ctx, s.listener, h, opts...) }()
	return s
}

// net/http does not treat a number sign in a request target as a fragment, but code
// that builds a URL from the id does.
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

func TestServeDropsClientsThatDoNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting), server.WithWriteTimeout(7*time.Second))
		c := mustDial(t, s.listener)
		c.send(t, head+"\r\n")
		time.Sleep(7*time.Second + 1)
		synctest.Wait()
		if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
			t.Errorf("got %q, %v from a connection, want it closed", got, err)
		}
		s.stop()
		<-s.result
	})
}

func TestServeTimesOutBeforeItsWriteTimeout(t *testing.T) {
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
				// Fails when the server stops reading.
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

func TestServeHandlesOptionsAsterisk(t *testing.T) {
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
		listener := pipenet.Listen()
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

func TestServeReportsEveryInvalidArgument(t *testing.T) {
	t.Parallel()
	listener := pipenet.Listen()
	err := server.Serve(t.Context(), listener, nil,
		server.WithWriteTimeout(0), server.WithShutdownTimeout(-1), server.WithServeLogger(nil),
		server.WithTLSFiles("testdata/none.pem", "testdata/none.key"), nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"the handler is nil", "the write timeout is 0s", "the shutdown timeout is -1ns", "the logger is nil", "loading the certificate", "option 4 is nil"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if _, ok := dial(listener); ok {
		t.Error("the listener was left open")
	}
	if err := server.Serve(t.Context(), nil, mount(t, accepting)); err == nil || !strings.Contains(err.Error(), "the listener is nil") {
		t.Errorf("got error %v, want one about the listener", err)
	}
}

func TestServeReportsClosedListener(t *testing.T) {
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
