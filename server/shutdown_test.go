package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/server"
)

func TestShutdownWhenIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting))
		c := mustDial(t, s.listener)
		c.send(t, head+"\r\n")
		c.receive(t).want(t, http.StatusAccepted, "")
		start := time.Now()
		s.stop()
		if err := <-s.result; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v", took)
		}
		if _, ok := dial(s.listener); ok {
			t.Error("the listener is still open")
		}
	})
}

func TestShutdownFinishesRequestsInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, sleeping(20*time.Second)))
		idle := mustDial(t, s.listener)
		idle.send(t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		idle.receive(t).want(t, http.StatusNotFound, "NOT_FOUND")
		working := mustDial(t, s.listener)
		working.send(t, head+"\r\n")
		synctest.Wait()

		s.stop()
		synctest.Wait()
		for name, c := range map[string]*pipeClient{"idle": idle, "new": mustDial(t, s.listener)} {
			c.send(t, head+"\r\n")
			got := c.receive(t)
			got.want(t, http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE")
			if got.header.Get("Retry-After") != "5" || got.header.Get("Connection") != "close" {
				t.Errorf("%s connection: got header %v, want Retry-After 5 and Connection close", name, got.header)
			}
		}
		working.receive(t).want(t, http.StatusAccepted, "")
		if err := <-s.result; err != nil {
			t.Error(err)
		}
	})
}

func TestShutdownTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, sleeping(time.Minute)), server.WithShutdownTimeout(3*time.Second))
		c := mustDial(t, s.listener)
		c.send(t, head+"\r\n")
		synctest.Wait()
		start := time.Now()
		s.stop()
		err := <-s.result
		if err == nil || !strings.Contains(err.Error(), "after 3s: requests cut off: 1, calls abandoned: 0") {
			t.Errorf("got error %v, want one about the request that was cut off", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
		if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
			t.Errorf("got %q, %v after the connection was cut", rest, err)
		}
		time.Sleep(time.Minute)
	})
}

// serveLateCalls starts a server and sends it two requests that get a 504 while impl
// is still running.
func serveLateCalls(t *testing.T, impl implFunc, opts ...server.ServeOption) *serving {
	t.Helper()
	// A mux shows that drainOf finds the drain in nested handlers.
	mux := http.NewServeMux()
	mux.Handle("/", mount(t, impl, server.WithTimeout(time.Second)))
	s := serve(t, mux, opts...)
	for range 2 {
		c := mustDial(t, s.listener)
		c.send(t, head+"\r\n")
		c.receive(t).want(t, http.StatusGatewayTimeout, "REQUEST_TIMEOUT")
		_ = c.Close()
	}
	return s
}

func TestShutdownWaitsForLateCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serveLateCalls(t, sleeping(20*time.Second))
		start := time.Now()
		s.stop()
		if err := <-s.result; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 18*time.Second || took > 20*time.Second {
			t.Errorf("took %v, want the time until the second call returned", took)
		}
	})
}

func TestShutdownReportsAbandonedCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serveLateCalls(t, sleeping(time.Hour), server.WithShutdownTimeout(3*time.Second))
		s.stop()
		err := <-s.result
		if err == nil || !strings.Contains(err.Error(), "requests cut off: 0, calls abandoned: 2") {
			t.Errorf("got error %v, want one about the calls that were abandoned", err)
		}
		time.Sleep(time.Hour)
	})
}

func TestShutdownIgnoresFinishedCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serveLateCalls(t, sleeping(2*time.Second))
		time.Sleep(time.Minute)
		start := time.Now()
		s.stop()
		if err := <-s.result; err != nil || time.Since(start) > time.Second {
			t.Errorf("got error %v after %v", err, time.Since(start))
		}
	})
}

func TestShutdownIgnoresSilentConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting), server.WithShutdownTimeout(time.Second))
		mustDial(t, s.listener)
		synctest.Wait()
		s.stop()
		if err := <-s.result; err != nil {
			t.Error(err)
		}
	})
}
