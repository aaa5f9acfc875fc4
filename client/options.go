package client

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Option configures a [Client]. An option with an invalid argument makes [New]
// fail. If two options set the same thing, the later one wins.
type Option func(*config) error

// config is set by options. New reads it once.
type config struct {
	baseURL        *url.URL // nil: the default for the public key
	httpClient     *http.Client
	middleware     []func(http.RoundTripper) http.RoundTripper
	retry          retryPolicy
	attemptTimeout time.Duration
	maxInFlight    int // 0: no limit
	userAgent      string
	logger         *slog.Logger // nil: silent
}

func defaultConfig() config {
	return config{
		retry:          retryPolicy{max: defaultMaxRetries, maxDelay: defaultMaxRetryDelay},
		attemptTimeout: defaultAttemptTimeout,
		userAgent:      userAgent,
	}
}

// apply returns an error or nil for each option.
func (cfg *config) apply(opts []Option) []error {
	var errs []error
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, invalid("Option is nil"))
			continue
		}
		errs = append(errs, opt(cfg))
	}
	return errs
}

// OptionsFromEnv returns [WithBaseURL] for the environment variable
// YUNO_API_ENDPOINT, and no option if that is unset or empty. It complements
// [CredentialsFromEnv]. [New] reports an invalid URL.
func OptionsFromEnv() []Option {
	endpoint := os.Getenv(EnvAPIEndpoint)
	if endpoint == "" {
		return nil
	}
	return []Option{func(cfg *config) error {
		if err := WithBaseURL(endpoint)(cfg); err != nil {
			return fmt.Errorf("%w (set %s to a URL such as %s)", err, EnvAPIEndpoint, BaseURLSandbox)
		}
		return nil
	}}
}

// WithBaseURL sets the URL that calls are sent to, including the version segment:
// [BaseURLSandbox], [BaseURLProductionUS], [BaseURLProductionEMEA], or your own
// gateway. It must be an absolute https URL without user information, query or
// fragment; http is accepted for loopback hosts, for tests. A trailing slash makes
// no difference.
//
// Without this option, the prefix of the public key decides. A key of one of
// Yuno's environments with the URL of another makes [New] fail, and so does a URL of
// Yuno whose path is not /v1.
func WithBaseURL(baseURL string) Option {
	return func(cfg *config) error {
		u, err := parseBaseURL(baseURL)
		if err != nil {
			return err
		}
		cfg.baseURL = u
		return nil
	}
}

// WithHTTPClient uses the network settings of an existing client: its Transport,
// which becomes the innermost layer and sees the keys, and its Timeout, which
// replaces the attempt timeout if it is shorter. A nil Transport means the default
// of this package (see [New]), not [http.DefaultTransport].
//
// The Transport must send exactly one request for each one that it is given, as
// [http.RoundTripper] requires. A transport that follows redirects sends the keys
// to the redirect's target, and one that retries hides lost responses
// (go-retryablehttp's does both). The call fails with [ErrRedirect] if
// Response.Request is not the request that was sent, but only after the fact. A
// hidden retry cannot be detected, so [Error.MayHaveApplied] may then be missing.
// Use the *http.Transport inside such a client instead.
//
// A Transport that is not an *http.Transport should pass on the request's context. If
// the hooks of [net/http/httptrace] are not called, a failure to connect is known only
// by its type, and any other error means that the request may have been sent.
//
// CheckRedirect and Jar are not used: no redirect is followed, and a call that
// carries keys needs no session. New reads the client once and never changes it.
func WithHTTPClient(hc *http.Client) Option {
	return func(cfg *config) error {
		if hc == nil {
			return invalid("WithHTTPClient: client is nil")
		}
		if wire.IsNil(hc.Transport) && hc.Transport != nil {
			return invalid("WithHTTPClient: Transport is a nil %T", hc.Transport)
		}
		if hc.Timeout < 0 {
			return invalid("WithHTTPClient: Timeout %v is negative", hc.Timeout)
		}
		cfg.httpClient = hc
		return nil
	}
}

// WithMiddleware wraps the transport, for tracing, metrics or extra headers; see
// [HideIDs] for OpenTelemetry. The first function is the outermost layer, and using the option again adds layers further in. Middleware runs once for each
// attempt. The keys are added after the innermost layer, so middleware does not
// see them unless the server echoes them.
//
// Middleware must pass on the request's context or one derived from it. It may add
// and change headers, but it must not change the account code, the method, the URL
// or the Host, or add a body: such a request is rejected before the keys are added.
// If middleware follows a redirect, its second request is rejected with
// [ErrRedirect]. Retries by middleware count as one attempt; if one of their
// responses is ambiguous, [Error.MayHaveApplied] is set. If middleware returns an
// error without calling the next layer, the call ends without a retry.
//
// Middleware sees the URL, which contains the customer id, unless it is wrapped in
// [HideIDs]; otelhttp, for example, records it as url.full. [net/http/httptrace] works, both in middleware
// and in the context of a call, except for its WroteHeaderField hook. That hook
// would see the keys, and is not called.
func WithMiddleware(mw ...func(http.RoundTripper) http.RoundTripper) Option {
	return func(cfg *config) error {
		for i, m := range mw {
			if m == nil {
				return invalid("WithMiddleware: function %d is nil", i)
			}
		}
		cfg.middleware = append(cfg.middleware, mw...)
		return nil
	}
}

// WithRetry sets how many times a call is repeated after its first attempt, and
// the longest wait between two attempts, up to an hour. The defaults are 2 retries
// and 8 s. With 0 retries a call is one attempt, and maxDelay is not used.
//
// The limit also applies to the server's Retry-After: if that is longer, the call
// returns the response at once, with [Error.RetryAfter] set.
func WithRetry(maxRetries int, maxDelay time.Duration) Option {
	return func(cfg *config) error {
		switch {
		case maxRetries < 0:
			return invalid("WithRetry: maxRetries %d is negative", maxRetries)
		case maxRetries > 0 && (maxDelay <= 0 || maxDelay > time.Hour):
			return invalid("WithRetry: maxDelay %v is not between 1ns and 1h", maxDelay)
		}
		cfg.retry = retryPolicy{max: maxRetries, maxDelay: maxDelay}
		return nil
	}
}

// WithAttemptTimeout limits one attempt, from dialing to the last byte of the
// response body. An attempt that takes longer is retried; one that ends before it has a
// connection was not sent. Defaults to 30 s; Yuno's
// own timeout is 60 s. Reading the body of a 202 or 204 ends after one second, and
// has no effect on the result. To limit the whole call including its retries, use
// the context.
func WithAttemptTimeout(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return invalid("WithAttemptTimeout: %v is not positive", d)
		}
		cfg.attemptTimeout = d
		return nil
	}
}

// WithMaxInFlight limits the client to n requests in flight at once; further calls
// wait for a slot until their context ends. A call that waits to retry occupies no
// slot, and waiting for a slot does not count towards the attempt timeout.
// Defaults to no limit.
func WithMaxInFlight(n int) Option {
	return func(cfg *config) error {
		if n <= 0 {
			return invalid("WithMaxInFlight: %d is not positive", n)
		}
		cfg.maxInFlight = n
		return nil
	}
}

// WithUserAgent puts your product, such as "acme-privacy/1.2", before that of this
// package in the User-Agent header. It must be printable ASCII, at most 128
// characters.
func WithUserAgent(product string) Option {
	return func(cfg *config) error {
		if len(product) > 128 || strings.TrimSpace(product) == "" {
			return invalid("WithUserAgent: product is empty or longer than 128 characters")
		}
		for i := range len(product) {
			if product[i] < ' ' || product[i] > '~' {
				return invalid("WithUserAgent: product contains a character at byte %d that is not printable ASCII", i)
			}
		}
		cfg.userAgent = strings.TrimSpace(product) + " " + userAgent
		return nil
	}
}

// WithLogger logs attempts (level Debug) and retries (level Info). Records contain
// the operation, the number of the attempt, its status, request id, error code, kind of
// failure and duration, and the wait before a retry. They contain nothing else: no customer ids,
// URLs, headers or bodies. A failure that the call returns is not logged. Defaults
// to no logging.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		if l == nil {
			return invalid("WithLogger: logger is nil")
		}
		cfg.logger = l
		return nil
	}
}
