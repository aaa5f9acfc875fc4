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
)

const (
	// maxHeader is the most bytes of a request line and header section.
	maxHeader = 16 << 10

	// net/http reads this much more than it is told to (Server.initialReadLimitSize).
	headerSlop = 4 << 10

	readTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute

	// The handler has 60 s; the rest is for reading the request and writing the answer.
	defaultWriteTimeout = defaultTimeout + 15*time.Second

	// A request accepted in the last moment before the shutdown can still finish.
	defaultShutdownTimeout = defaultWriteTimeout
)

// ServeOption changes how [Serve] serves.
type ServeOption func(*serveConfig) error

type serveConfig struct {
	writeTimeout    time.Duration
	shutdownTimeout time.Duration
	certificate     *certificate
	log             *slog.Logger
}

// WithTLSFiles serves HTTPS, HTTP/2 included, with the certificate chain and the
// key in two PEM files. The files are looked at on each handshake and read again
// when they have changed, so that a renewed certificate needs no restart; while
// they do not fit together, the last good pair stays in use and a warning is
// logged. TLS versions and suites are Go's defaults.
func WithTLSFiles(certFile, keyFile string) ServeOption {
	return func(c *serveConfig) error {
		cert, err := loadCertificate(certFile, keyFile)
		if err != nil {
			return fmt.Errorf("certificate: %w", err)
		}
		c.certificate = cert
		return nil
	}
}

// WithWriteTimeout sets how long a request may take from its last header to the
// last byte of its answer; then the connection is closed. It must be longer than
// the handler's own timeout (see [WithTimeout]), or the client never sees a 504.
// Defaults to 75 s.
func WithWriteTimeout(d time.Duration) ServeOption {
	return func(c *serveConfig) error {
		if d <= 0 {
			return fmt.Errorf("write timeout %v: want more than 0", d)
		}
		c.writeTimeout = d
		return nil
	}
}

// WithShutdownTimeout sets how long requests in flight may take to finish after
// the shutdown began; then they are cut off. Defaults to 75 s. Whatever stops the
// process must wait longer (Kubernetes: terminationGracePeriodSeconds, 30 s unless
// set).
func WithShutdownTimeout(d time.Duration) ServeOption {
	return func(c *serveConfig) error {
		if d <= 0 {
			return fmt.Errorf("shutdown timeout %v: want more than 0", d)
		}
		c.shutdownTimeout = d
		return nil
	}
}

// WithServeLogger sets where failed handshakes, panics of other handlers and
// certificate reloads are logged. Defaults to [slog.Default].
func WithServeLogger(l *slog.Logger) ServeOption {
	return func(c *serveConfig) error {
		if l == nil {
			return errors.New("logger: nil; to log nothing, use slog.DiscardHandler")
		}
		c.log = l
		return nil
	}
}

// Serve serves handler on listener until ctx is done, then shuts down: requests
// in flight finish, new ones are answered 503 with Retry-After for as long as that
// takes, and then the listener is closed. It always closes listener.
//
// The shutdown also waits for calls of an implementation behind [New] that go on although
// their requests were answered 504: what they do is an erasure too.
//
// It returns nil after a shutdown in which every request and every such call finished,
// and an error with their numbers if requests had to be cut off or calls were left
// running, if the listener failed, or for arguments that are wrong, all of them joined. The contexts of requests carry the values of ctx, but
// do not end with it.
//
// A request may take 10 s to arrive. Its header section may have 16 KiB, request line
// included; a longer one is answered 431 by net/http, in HTML or plain text. Over
// HTTP/2 the limit is about 12.3 KiB, with 32 bytes counted for each header, and a
// single header of that length ends the connection. Idle connections are closed after
// 2 minutes. A 503 of the shutdown does not reach handler, nor its observer.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, opts ...ServeOption) error {
	if listener != nil {
		defer func() { _ = listener.Close() }()
	}
	config := serveConfig{
		writeTimeout:    defaultWriteTimeout,
		shutdownTimeout: defaultShutdownTimeout,
		log:             slog.Default(),
	}
	var errs []error
	if listener == nil {
		errs = append(errs, errors.New("listener: nil"))
	}
	if handler == nil {
		errs = append(errs, errors.New("handler: nil"))
	}
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, errors.New("option: nil"))
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
	go func() { served <- config.serve(srv, listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return config.shutdown(ctx, srv, requests)
}

func (c *serveConfig) httpServer(ctx context.Context, requests *drain) *http.Server {
	values := requests.within(context.WithoutCancel(ctx))
	srv := &http.Server{
		Handler:        requests,
		ReadTimeout:    readTimeout, // of the header section too
		WriteTimeout:   c.writeTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeader - headerSlop,
		ErrorLog:       slog.NewLogLogger(c.log.Handler(), slog.LevelWarn),
		BaseContext:    func(net.Listener) context.Context { return values },
		// net/http's own answer to `OPTIONS *` is a 200.
		DisableGeneralOptionsHandler: true,
	}
	if c.certificate != nil {
		c.certificate.log = c.log
		srv.TLSConfig = &tls.Config{GetCertificate: c.certificate.get}
	}
	return srv
}

func (c *serveConfig) serve(srv *http.Server, listener net.Listener) error {
	if c.certificate != nil {
		return srv.ServeTLS(listener, "", "")
	}
	return srv.Serve(listener)
}

// shutdown returns an error about what it had to leave unfinished.
func (c *serveConfig) shutdown(ctx context.Context, srv *http.Server, requests *drain) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.shutdownTimeout)
	defer cancel()
	select {
	case <-requests.begin():
	case <-ctx.Done():
	}
	// Shutdown also waits for connections that never sent a request; those are not
	// worth an error.
	err := srv.Shutdown(ctx)
	cut, late := requests.left()
	if err != nil {
		_ = srv.Close()
	}
	if cut == 0 && late == 0 {
		return nil
	}
	return fmt.Errorf("serve: shutdown: after %v, requests cut off: %d, calls left running: %d", c.shutdownTimeout, cut, late)
}
