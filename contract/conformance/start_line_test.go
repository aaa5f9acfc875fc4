package conformance

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// No byte of a request is written before all of them have a connection.
func TestStartLine(t *testing.T) {
	t.Parallel()
	const requests = 20
	var complete atomic.Bool
	opened := make(chan struct{}, requests+1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch {
		case state == http.StateNew:
			opened <- struct{}{}
		case state == http.StateActive && !complete.Load(): // the first byte has come
			t.Error("a request was written before the last one had a connection")
		}
	}
	server.Start()
	defer server.Close()
	line := newStartLine(requests)
	transport := line.through(newTransport(false, false))
	transport.DisableKeepAlives = true // so that each request opens a connection
	defer transport.CloseIdleConnections()
	var wg sync.WaitGroup
	for i := range requests {
		held, over := line.hold()
		complete.Store(i == requests-1)
		wg.Go(func() {
			defer over()
			get(t, transport, server.URL, held)
		})
		<-opened
	}
	wg.Wait()
	held, _ := line.hold()
	get(t, transport, server.URL, held) // the line holds nothing back any more
}

// A request that gets no connection does not hold the others back.
func TestStartLineWithoutAConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	line := newStartLine(2)
	transport := line.through(newTransport(false, false))
	defer transport.CloseIdleConnections()
	_, over := line.hold()
	held, _ := line.hold()
	over()
	over() // counts once
	get(t, transport, server.URL, held)
}

// release ends the wait for requests that do not come.
func TestStartLineReleased(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	line := newStartLine(2)
	transport := line.through(newTransport(false, false))
	defer transport.CloseIdleConnections()
	line.release()
	held, _ := line.hold()
	get(t, transport, server.URL, held)
}

func get(t *testing.T, via http.RoundTripper, url string, held edit) {
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return
	}
	held(r)
	resp, err := via.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return
	}
	_ = resp.Body.Close()
}
