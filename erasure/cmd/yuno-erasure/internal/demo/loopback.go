package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/server"
)

func checkPort(port int) error { return command.Within("--port", port, 0, 65535) }

// serveLoopback serves the handler on a loopback port until stop is called.
func serveLoopback(ctx context.Context, port int, handler http.Handler) (baseURL string, stop func(), err error) {
	listener, baseURL, err := listenLoopback(ctx, port)
	if err != nil {
		return "", nil, fmt.Errorf("serving on loopback: %w (--port 0 picks a free port)", err)
	}
	serveCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(serveCtx, listener, handler) }) // ends when stop cancels it
	return baseURL, func() {
		cancel()
		serving.Wait()
	}, nil
}

// listenLoopback listens on a loopback port, a free one for 0, and returns the base
// URL of an API served on it.
func listenLoopback(ctx context.Context, port int) (listener net.Listener, baseURL string, err error) {
	var lc net.ListenConfig
	listener, err = lc.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, "", err
	}
	return listener, "http://" + listener.Addr().String() + "/v1", nil
}
