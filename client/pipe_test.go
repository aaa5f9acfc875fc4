package client_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// newPipedYuno is newYuno without a network, for tests under synctest whose script
// never responds. In synctest, time passes only while every goroutine waits, so a
// time limit ends only the step that it is meant for, even on a slow machine. The
// returned HTTP client connects to it.
func newPipedYuno(tb testing.TB, script ...http.HandlerFunc) (y *yuno, over *http.Client) {
	tb.Helper()
	pipes := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	y = &yuno{script: script}
	y.Server = httptest.NewUnstartedServer(y)
	_ = y.Listener.Close()
	y.Listener = pipes
	y.Start()
	tb.Cleanup(y.Close)
	over = &http.Client{Transport: &http.Transport{DialContext: pipes.dial}}
	tb.Cleanup(over.CloseIdleConnections)
	return y, over
}

// pipeListener accepts in-memory connections.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// Accept implements [net.Listener].
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener]. Clients accept plain HTTP to a loopback address
// only.
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
