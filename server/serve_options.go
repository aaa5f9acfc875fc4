package server

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// defaultWriteTimeout leaves 15 s beside the handler's timeout for reading the
	// request and writing the response.
	defaultWriteTimeout = defaultTimeout + 15*time.Second

	// defaultShutdownTimeout lets a request that was accepted just before the
	// shutdown finish.
	defaultShutdownTimeout = defaultWriteTimeout

	// defaultMaxConnections fits the usual limit of open files, 1024, with room for
	// what else a process opens.
	defaultMaxConnections = 512
)

// ServeOption configures [Serve], which reports the error of an option with an
// invalid argument.
type ServeOption func(*serveConfig) error

type serveConfig struct {
	writeTimeout    time.Duration
	shutdownTimeout time.Duration
	maxConnections  int
	certificate     *certificate
	log             *slog.Logger
}

// WithTLSFiles serves HTTPS, including HTTP/2, with the certificate chain and the
// key in two PEM files. Both are checked at each handshake and reloaded when they
// have changed, so a renewed certificate needs no restart. While they do not match,
// the last good pair stays in use and a warning is logged. TLS versions and cipher
// suites are Go's defaults. Without this option Serve speaks plain HTTP/1.1.
func WithTLSFiles(certFile, keyFile string) ServeOption {
	return func(c *serveConfig) error {
		if certFile == "" || keyFile == "" {
			return errors.New("the certificate needs two files: set both certFile and keyFile")
		}
		cert, err := loadCertificate(certFile, keyFile)
		if err != nil {
			return fmt.Errorf("loading the certificate: %w", err)
		}
		c.certificate = cert
		return nil
	}
}

// WithWriteTimeout sets how long a request may take from its last header to the last
// byte of its response; then the connection is closed. It must be longer than the
// handler's own timeout (see [WithTimeout]), or the client never receives a 504.
// Defaults to 75 s.
func WithWriteTimeout(d time.Duration) ServeOption {
	return func(c *serveConfig) error {
		if d <= 0 {
			return fmt.Errorf("the write timeout is %v: set more than 0", d)
		}
		c.writeTimeout = d
		return nil
	}
}

// WithShutdownTimeout sets how long requests in flight may take to finish after the
// shutdown has begun; then they are cut off. Defaults to 75 s. The process manager
// must wait longer before it kills the process (Kubernetes:
// terminationGracePeriodSeconds, 30 s by default).
func WithShutdownTimeout(d time.Duration) ServeOption {
	return func(c *serveConfig) error {
		if d <= 0 {
			return fmt.Errorf("the shutdown timeout is %v: set more than 0", d)
		}
		c.shutdownTimeout = d
		return nil
	}
}

// WithMaxConnections sets how many connections may be open at once. A new one beyond that
// takes the place of others: of the oldest that have not carried valid keys, at the address
// that has most of those (over IPv6, the network of 64 bits), or else of the one that has
// been idle longest. While every connection has a request with valid keys in progress, new
// ones wait to be accepted. That the limit is reached is logged, once a minute at most. Set
// about half of the files that the process may open (ulimit -n). Defaults to 512.
//
// Valid keys are those that [New]'s handler has accepted on this connection. With another
// handler, no connection has any.
func WithMaxConnections(n int) ServeOption {
	return func(c *serveConfig) error {
		if n <= 0 {
			return fmt.Errorf("the limit of connections is %d: set more than 0", n)
		}
		c.maxConnections = n
		return nil
	}
}

// WithServeLogger sets the logger for failed handshakes, panics of other handlers, the
// limit of connections and certificate reloads. Defaults to [slog.Default].
func WithServeLogger(l *slog.Logger) ServeOption {
	return func(c *serveConfig) error {
		if l == nil {
			return errNilLogger
		}
		c.log = l
		return nil
	}
}
