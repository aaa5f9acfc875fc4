package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

const (
	// defaultBasePath is the path of the server URL in the specification.
	defaultBasePath = "/v1"

	// defaultTimeout is what Yuno documents for every endpoint ("Environments").
	defaultTimeout = 60 * time.Second

	// defaultMaxCalls is far above what one process has in progress in a healthy
	// minute, and some 100 MB of memory if every call hangs.
	defaultMaxCalls = 10_000
)

// Option changes what [New] builds.
type Option func(*handler) error

// WithBasePath sets the path in front of /customers/. It begins with a slash and
// does not end with one; "" serves at the root. Defaults to /v1, as in the
// specification.
func WithBasePath(base string) Option {
	return func(h *handler) error {
		clean := base == "" || base != "/" && strings.HasPrefix(base, "/") && path.Clean(base) == base
		if !clean || (&url.URL{Path: base}).EscapedPath() != base {
			return fmt.Errorf("base path %q: want \"\", or a clean path that begins with / and needs no escaping", base)
		}
		h.basePath = base
		return nil
	}
}

// WithTimeout sets how long a request may take until its answer is known. When it
// has passed, the context of the implementation is done and the request is
// answered 504, whether the implementation returns or not; what an implementation
// returns later is logged and dropped. Defaults to 60 s, Yuno's own limit.
//
// The write timeout of [Serve] must be longer.
func WithTimeout(d time.Duration) Option {
	return func(h *handler) error {
		if d <= 0 {
			return fmt.Errorf("timeout %v: want more than 0", d)
		}
		h.timeout = d
		return nil
	}
}

// WithMaxCalls sets how many calls may be in progress at once: authentication and
// implementation of one request count as one, from its beginning to the return of
// the implementation, which an implementation that ignores its context may put off
// long after its request was answered 504. A request beyond that is answered 503
// with Retry-After, before its keys are looked at. Defaults to 10 000.
func WithMaxCalls(n int) Option {
	return func(h *handler) error {
		if n <= 0 {
			return fmt.Errorf("max calls %d: want more than 0", n)
		}
		h.maxCalls = int64(n)
		return nil
	}
}

// Limiter says how long the owner of a public API key has to wait before its next
// request; 0 lets this one pass. It is called once for each request with valid
// keys, concurrently, and must be quick.
type Limiter func(ctx context.Context, publicAPIKey string) time.Duration

// WithLimiter has requests answered 429 while l says to wait. Retry-After is the
// wait, rounded up to whole seconds. By default nothing is limited.
//
// Requests without valid keys do not reach l: nobody can use up the budget of
// somebody else's public key.
func WithLimiter(l Limiter) Option {
	return func(h *handler) error {
		if l == nil {
			return errors.New("limiter: nil")
		}
		h.limit = l
		return nil
	}
}

// WithObserver has f called once for each request, after its answer was written.
// f is called concurrently, and the request waits for it.
func WithObserver(f func(ctx context.Context, e Event)) Option {
	return func(h *handler) error {
		if f == nil {
			return errors.New("observer: nil")
		}
		h.observe = f
		return nil
	}
}

// WithLogger sets where the causes of 5xx answers go, each with its request id.
// The server adds no key, account or customer to them; what an implementation's
// error says is the implementation's responsibility. Defaults to [slog.Default].
func WithLogger(l *slog.Logger) Option {
	return func(h *handler) error {
		if l == nil {
			return errors.New("logger: nil; to log nothing, use slog.DiscardHandler")
		}
		h.log = l
		return nil
	}
}

// WithRequestIDFrom takes the request id from f, for servers behind a proxy that
// sets one:
//
//	server.WithRequestIDFrom(func(r *http.Request) string { return r.Header.Get("X-Request-Id") })
//
// What f returns is used if it is 1 to 128 visible ASCII characters other than
// quote and backslash; else an id is generated. By default an id is always
// generated, since any caller could repeat or invent one.
func WithRequestIDFrom(f func(*http.Request) string) Option {
	return func(h *handler) error {
		if f == nil {
			return errors.New("request id: nil")
		}
		h.incomingID = f
		return nil
	}
}
