package pipenet_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

// An HTTP server and its client work in a bubble, where an hour takes no time.
func TestServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := pipenet.Listen()
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Hour)
			w.WriteHeader(http.StatusNoContent)
		})}
		done := make(chan error, 1)
		go func() { done <- server.Serve(l) }()
		client := &http.Client{Transport: &http.Transport{DialContext: l.DialContext}}
		began := time.Now()
		response, err := client.Get("http://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if took := time.Since(began); response.StatusCode != http.StatusNoContent || took != time.Hour {
			t.Errorf("got %s after %v", response.Status, took)
		}
		client.CloseIdleConnections()
		if err := errors.Join(server.Close(), <-done); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

func TestDialEnds(t *testing.T) {
	t.Parallel()
	l := pipenet.Listen()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.DialContext(ctx, "tcp", "any:80"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := l.DialContext(t.Context(), "tcp", "any:80"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
}
