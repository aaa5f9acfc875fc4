package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/internal/connlimit"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

const (
	// maxHeader is the limit of a request line and header section, in bytes.
	maxHeader = 16 << 10

	// headerSlop is how much more than its limit net/http reads
	// (Server.initialReadLimitSize).
	headerSlop = 4 << 10

	readTimeout = 10 * time.Second

	// strangerTimeout is how long a connection stays idle that has not carried valid keys.
	strangerTimeout = 10 * time.Second

	idleTimeout = 2 * time.Minute
)

// Serve serves handler on listener until ctx is done, then shuts down: requests in
// flight finish, and new ones get a 503 with Retry-After until they have. It always
// closes listener.
//
// Shutdown also waits for implementation calls that outlived their 504: they may
// still be erasing a customer.
//
// Serve returns nil once every request and every late call has finished. Otherwise
// the error says how many requests were cut off and how many calls abandoned, why
// the listener failed, or which arguments were invalid. Request contexts carry ctx's
// values but not its cancellation.
//
// A request may take 10 s to arrive. Its header section, including the request line,
// may have 16 KiB; net/http responds to a longer one with a 431 in HTML or plain
// text. Over HTTP/2 the limit is about 12.3 KiB, where each header counts 32 bytes
// more, and a single header of that length ends the connection. Idle connections are
// closed after 2 minutes, and after 10 s until a request with valid keys has come. How
// many there may be is limited by [WithMaxConnections].
//
// A request over plain HTTP with both Content-Length and Transfer-Encoding gets a 400
// INVALID_REQUEST (RFC 9112, section 6.1). Over HTTPS, where only Transfer-Encoding can be
// seen, it has its effect. Either closes the connection, so that nothing behind it is
// taken for another request. Over plain HTTP every request with a body does, whatever the
// handler: the contract has no bodies.
//
// Neither handler nor its observer sees requests that get that 400, or the 503 of a
// shutdown.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, opts ...ServeOption) error {
	if !wire.IsNil(listener) {
		defer func() { _ = listener.Close() }()
	}
	config := serveConfig{
		writeTimeout:    defaultWriteTimeout,
		shutdownTimeout: defaultShutdownTimeout,
		maxConnections:  defaultMaxConnections,
		log:             slog.Default(),
	}
	var errs []error
	if wire.IsNil(listener) {
		errs = append(errs, errors.New("the listener is nil"))
	}
	if wire.IsNil(handler) {
		errs = append(errs, errors.New("the handler is nil"))
	}
	for i, opt := range opts {
		if opt == nil {
			errs = append(errs, fmt.Errorf("option %d is nil", i))
			continue
		}
		errs = append(errs, opt(&config))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("serve: %w", err)
	}

	requests := newDrain(handler)
	srv := config.httpServer(ctx, requests)
	served := make(chan error, 1)
	go func() { served <- config.serve(srv, config.bound(srv, listener)) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return config.shutdown(ctx, srv, requests)
}

func (c *serveConfig) httpServer(ctx context.Context, requests *drain) *http.Server {
	base := withDrain(context.WithoutCancel(ctx), requests)
	srv := &http.Server{
		Handler:        requests,
		ReadTimeout:    readTimeout, // covers the header section too
		WriteTimeout:   c.writeTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeader - headerSlop,
		ErrorLog:       slog.NewLogLogger(c.log.Handler(), slog.LevelWarn),
		BaseContext:    func(net.Listener) context.Context { return base },
		// net/http would respond to `OPTIONS *` with a 200.
		DisableGeneralOptionsHandler: true,
	}
	if c.certificate != nil {
		c.certificate.log = c.log
		srv.TLSConfig = &tls.Config{GetCertificate: c.certificate.get}
	}
	return srv
}

// bound returns the listener with bounded connections.
func (c *serveConfig) bound(srv *http.Server, listener net.Listener) net.Listener {
	var full sampler
	limiter := connlimit.New(c.maxConnections, strangerTimeout, func() {
		if skipped, ok := full.take(); ok {
			c.log.Warn("the connections are at their limit: idle ones and those without valid keys are closed for new ones",
				slog.Int("limit", c.maxConnections), slog.Int("not_logged", skipped))
		}
	})
	listener = limiter.Listen(listener)
	if c.certificate == nil {
		listener = framingListener{listener}
	}
	srv.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if framing, ok := conn.(*framingConn); ok {
			ctx = withScope(ctx, framing)
		}
		return connlimit.Context(ctx, conn)
	}
	return listener
}

func (c *serveConfig) serve(srv *http.Server, listener net.Listener) error {
	if c.certificate != nil {
		return srv.ServeTLS(listener, "", "")
	}
	return srv.Serve(listener)
}

// shutdown returns an error if it had to leave anything unfinished.
func (c *serveConfig) shutdown(ctx context.Context, srv *http.Server, requests *drain) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.shutdownTimeout)
	defer cancel()
	select {
	case <-requests.begin():
	case <-ctx.Done():
	}
	// Shutdown also waits for connections that never sent a request. Those are not
	// worth an error.
	err := srv.Shutdown(ctx)
	active, late := requests.remaining()
	if err != nil {
		_ = srv.Close()
	}
	if active == 0 && late == 0 {
		return nil
	}
	return fmt.Errorf("serve: shutdown after %v: requests cut off: %d, calls abandoned: %d", c.shutdownTimeout, active, late)
}
