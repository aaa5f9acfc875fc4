package server

import (
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
)

// ServeOption configures [Serve], which reports the error of an option with an
// invalid argument.
type ServeOption func(*serveConfig) error

type serveConfig struct {
	writeTimeout    time.Duration
	shutdownTimeout time.Duration
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

// WithServeLogger sets the logger for failed handshakes, panics of other handlers
// and certificate reloads. Defaults to [slog.Default].
func WithServeLogger(l *slog.Logger) ServeOption {
	return func(c *serveConfig) error {
		if l == nil {
			return errNilLogger
		}
		c.log = l
		return nil
	}
}
