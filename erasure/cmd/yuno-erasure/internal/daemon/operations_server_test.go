package daemon

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// A client that sends slowly, or nothing, does not keep a connection.
func TestOperationsServerIsBounded(t *testing.T) {
	t.Parallel()
	srv := newOperationsServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if srv.ReadHeaderTimeout <= 0 || srv.ReadTimeout <= 0 || srv.WriteTimeout <= 0 || srv.IdleTimeout <= 0 || srv.MaxHeaderBytes <= 0 {
		t.Errorf("something is unbounded: headers %v, body %v, response %v, idle %v, header bytes %d",
			srv.ReadHeaderTimeout, srv.ReadTimeout, srv.WriteTimeout, srv.IdleTimeout, srv.MaxHeaderBytes)
	}
}

func TestWarnOfOperationsOnAllNetworks(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]int{"127.0.0.1:0": 0, "0.0.0.0:0": 1} {
		// Whatever it claims, it can be reached from this machine only.
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		said, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		d := &Daemon{log: slog.New(slog.NewTextHandler(&log, nil)), metrics: newMetrics(nil, nil, nil, slog.New(slog.DiscardHandler))}
		d.serveOperations(claiming{listener, said}, true)()
		if got := bytes.Count(log.Bytes(), []byte("level=WARN")); got != want {
			t.Errorf("%s: %d warnings, want %d: %s", address, got, want, log.String())
		}
	}
}

// claiming is a listener that claims that it has another address.
type claiming struct {
	net.Listener
	address net.Addr
}

func (s claiming) Addr() net.Addr { return s.address }

// Connections that are idle keep nobody out, and requests in progress are finished.
func TestOperationsMakeRoom(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	began, finish := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) {
		close(began)
		<-finish
	})
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	srv := newOperationsServer(mux, slog.New(slog.DiscardHandler))
	bounded := boundOperations(srv, listener, 4, slog.New(slog.DiscardHandler))
	go func() { _ = srv.Serve(bounded) }()
	t.Cleanup(func() { _ = srv.Close() })
	get := func(path string) error {
		hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := hc.Get("http://" + listener.Addr().String() + path)
		if err == nil {
			_ = response.Body.Close()
		}
		return err
	}
	slow := make(chan error)
	go func() { slow <- get("/slow") }()
	<-began
	for range 20 {
		idle, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = idle.Close() })
	}
	if err := get("/readyz"); err != nil {
		t.Errorf("beside 20 idle connections: %v", err)
	}
	close(finish)
	if err := <-slow; err != nil {
		t.Errorf("the request in progress: %v", err)
	}
}

// Scrapes that take long, or that nobody reads, leave room for the rest.
func TestScrapesMakeRoom(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var scrapes atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/metrics", func(_ http.ResponseWriter, r *http.Request) {
		scrapes.Add(1)
		<-r.Context().Done()
	})
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	srv := newOperationsServer(mux, slog.New(slog.DiscardHandler))
	bounded := boundOperations(srv, listener, 4, slog.New(slog.DiscardHandler))
	go func() { _ = srv.Serve(bounded) }()
	t.Cleanup(func() { _ = srv.Close() })
	for n := range int64(10) {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		await.True(t, "the scrape begins", func() bool { return scrapes.Load() > n })
	}
	hc := &http.Client{Timeout: await.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := hc.Get("http://" + listener.Addr().String() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}
