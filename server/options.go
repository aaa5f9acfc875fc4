package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	// defaultBasePath is the path of the server URL in the specification.
	defaultBasePath = "/v1"

	// defaultTimeout is what Yuno documents for every endpoint ("Environments").
	defaultTimeout = 60 * time.Second

	// defaultMaxCalls is far more than one healthy process has in progress at once.
	// If every call hangs, it costs about 100 MB of memory.
	defaultMaxCalls = 10_000
)

// Option configures the handler that [New] returns. New reports the error of an
// option with an invalid argument.
type Option func(*handler) error

// WithBasePath sets the path before /customers/. It begins with a slash and does not
// end with one; "" serves at the root. Defaults to /v1, as in the specification.
func WithBasePath(base string) Option {
	return func(h *handler) error {
		clean := base == "" || base != "/" && strings.HasPrefix(base, "/") && path.Clean(base) == base
		if !clean || (&url.URL{Path: base}).EscapedPath() != base {
			return fmt.Errorf("the base path is %q: set \"\" or a clean path that begins with / and needs no escaping", base)
		}
		h.basePath = base
		return nil
	}
}

// WithOperations serves only the given operations, each named by method and path as in the
// contract, such as "DELETE /customers/{customer_id}". It is for an implementation that
// embeds [Unsupported]: the others get their 405 UNSUPPORTED_METHOD before the keys are
// checked, and Allow lists only what is served. Without it, a caller without keys gets a
// 401 for an operation that no keys give access to. Defaults to all operations.
func WithOperations(names ...string) Option {
	return func(h *handler) error {
		if len(names) == 0 {
			return errors.New("no operation is served: name at least one")
		}
		all := newRoutes("").names()
		for _, name := range names {
			if !slices.Contains(all, name) {
				return fmt.Errorf("no operation is %q: use one of %s", name, strings.Join(all, ", "))
			}
		}
		h.operations = names
		return nil
	}
}

// WithTimeout sets how long authentication and implementation of a request may take
// together. After that, the context of the implementation is done and the client
// gets a 504, whether the implementation returns or not; a response that comes later
// is logged and dropped. Defaults to 60 s, Yuno's own limit.
//
// The write timeout of [Serve] must be longer.
func WithTimeout(d time.Duration) Option {
	return func(h *handler) error {
		if d <= 0 {
			return fmt.Errorf("the timeout is %v: set more than 0", d)
		}
		h.timeout = d
		return nil
	}
}

// WithMaxCalls sets how many calls may be in progress at once. Authentication and
// implementation of one request count as one call, which ends when the
// implementation returns. If that ignores its context, it may be long after the
// request got a 504. A request beyond the limit gets a 503 with Retry-After before
// its keys are checked. Defaults to 10 000.
//
// A request whose body has no declared length does not count while the handler waits
// to see whether there is a body. It may therefore get the 503 after its keys were
// checked.
func WithMaxCalls(n int) Option {
	return func(h *handler) error {
		if n <= 0 {
			return fmt.Errorf("the limit of calls in progress is %d: set more than 0", n)
		}
		h.maxCalls = int64(n)
		return nil
	}
}

// WithGuard protects an [Authenticator] that takes time, such as one that asks a database,
// from wrong keys:
//
//   - Wrong keys are remembered for 5 seconds, and refused without asking. Keys that become
//     valid meanwhile are refused that long, too.
//   - An address that has sent 1000 requests with wrong keys gets 10 more a second; others
//     get a 429 with Retry-After, without asking. An address is an IPv4 address or the
//     network of 64 bits of an IPv6 address.
//   - At most 4 pairs of keys are looked up at once that have not been valid before, so
//     that wrong keys from many addresses leave the rest of a pool of connections alone.
//     Those that wait take half of the calls of [WithMaxCalls]; others get that 429.
//   - A 401 takes 25 ms, whatever is wrong with the keys, and such a 429 takes 2 s, so that
//     a flood waits.
//
// Keys that have been valid in the last 24 hours are not affected, whatever else comes from
// their address, and neither is any other address, unless so many send wrong keys that half
// of the calls wait. Clients behind one proxy share its address unless it is one of
// [WithTrustedProxies]: while somebody there sends wrong keys, the others are not affected if
// this process has seen their keys be valid, but keys that it sees for the first time may get
// a 429 until the rate allows to look them up.
//
// That the rate is exceeded is logged, once a minute at most. By default the authenticator
// is asked for every request.
func WithGuard() Option {
	return func(h *handler) error {
		h.guarded = true
		return nil
	}
}

// WithTrustedProxies names the networks of the proxies in front of the server. A request that
// comes from one of them counts for the address that its X-Forwarded-For names: the last one
// there that is none of the proxies. They must append the address of their client to that
// header, as proxies do by default, and nobody else should be in these networks: who is can
// pretend to be anybody, which spends the limits of [WithGuard] of others.
//
// By default a request counts for the address that it comes from.
func WithTrustedProxies(networks ...netip.Prefix) Option {
	return func(h *handler) error {
		for _, network := range networks {
			if !network.IsValid() {
				return errors.New("a network of trusted proxies is invalid")
			}
			if network.Addr().Is4In6() { // would contain nobody: clients' addresses are unmapped
				return fmt.Errorf("the network %s of trusted proxies is IPv4 in IPv6: write it as IPv4", network)
			}
		}
		h.proxies = slices.Clone(networks)
		return nil
	}
}

// Limiter returns how long the owner of a public API key has to wait before the next
// request. If that is 0 or less, this request passes. It is called once for every
// request with valid keys, concurrently, and must be quick.
type Limiter func(ctx context.Context, publicAPIKey string) time.Duration

// WithLimiter sets the rate limit: a request for which l returns a wait gets a 429.
// Its Retry-After is the wait, rounded up to whole seconds. By default the rate is
// not limited.
//
// Requests without valid keys do not reach l, so they cannot use up the budget of a
// public key.
func WithLimiter(l Limiter) Option {
	return func(h *handler) error {
		if l == nil {
			return errors.New("the limiter is nil")
		}
		h.limit = l
		return nil
	}
}

// WithObserver sets a function that is called once for each request, after its
// response was written. It is called concurrently, and the request waits for it. A
// panic in it is logged. By default there is none.
func WithObserver(f func(ctx context.Context, e Event)) Option {
	return func(h *handler) error {
		if f == nil {
			return errors.New("the observer is nil")
		}
		h.observe = f
		return nil
	}
}

// WithLogger sets the logger for the causes of 5xx responses, each with its request
// id, and, at debug level, for requests whose client has gone. What a flood causes (see
// [WithMaxCalls] and [WithGuard]) is logged once a minute. The server adds no key, account
// code or customer id to them. The text of an
// implementation's error is logged as it is. Defaults to [slog.Default].
func WithLogger(l *slog.Logger) Option {
	return func(h *handler) error {
		if l == nil {
			return errNilLogger
		}
		h.log = l
		return nil
	}
}

var errNilLogger = errors.New("the logger is nil: set slog.New(slog.DiscardHandler) to log nothing")

// WithRequestIDFrom sets a function that returns the id of a request, for servers
// behind a proxy that assigns one:
//
//	server.WithRequestIDFrom(func(r *http.Request) string { return r.Header.Get("X-Request-Id") })
//
// The id is used if it is 1 to 128 visible ASCII characters other than quote and
// backslash. Otherwise, and by default, the server generates one: a caller could
// repeat or invent ids.
func WithRequestIDFrom(f func(*http.Request) string) Option {
	return func(h *handler) error {
		if f == nil {
			return errors.New("the request id function is nil")
		}
		h.incomingID = f
		return nil
	}
}
