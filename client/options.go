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

// Option configures a [Client]. An option with a bad argument makes [New]
// fail; of two options that set the same thing the later one counts.
type Option func(*config) error

// config is what options write to. New reads it once.
type config struct {
	baseURL        *url.URL // nil: derived from the public key
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

// OptionsFromEnv returns [WithBaseURL] for the environment variable
// YUNO_API_ENDPOINT, and nothing when that is unset or empty. It completes
// [CredentialsFromEnv]; a bad URL is reported by [New].
func OptionsFromEnv() []Option {
	endpoint := os.Getenv(EnvAPIEndpoint)
	if endpoint == "" {
		return nil
	}
	return []Option{func(cfg *config) error {
		if err := WithBaseURL(endpoint)(cfg); err != nil {
			return fmt.Errorf("%w (%s; want such as %s)", err, EnvAPIEndpoint, BaseURLSandbox)
		}
		return nil
	}}
}

// WithBaseURL sets where calls go, version segment included: one of
// [BaseURLSandbox], [BaseURLProductionUS] and [BaseURLProductionEMEA], or a
// gateway of your own. It must be an absolute https URL without user
// information, query or fragment; http is accepted for loopback hosts, which
// is what tests need. A trailing slash makes no difference.
//
// Without this option the prefix of the public key decides. A key of one of
// Yuno's environments with the URL of another makes [New] fail.
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

// WithHTTPClient takes the network settings of an existing client: its
// Transport, which becomes the innermost layer and sees the keys, and its
// Timeout, which replaces the attempt timeout if it is the shorter one. A nil
// Transport means this package's default (see [New]), not
// [http.DefaultTransport].
//
// The Transport must make one exchange of one request, as [http.RoundTripper]
// demands. One that follows redirects takes the keys along to wherever they
// lead, and one that retries (go-retryablehttp's does both) hides answers that
// were lost. The call fails with [ErrRedirect] if the response's Request is not
// the one that was sent, but only after the fact; a retry cannot be seen at all,
// so that [Error.MayHaveApplied] may then be missing. Take the *http.Transport
// such a client is built on instead.
//
// Its CheckRedirect and Jar are not used: no redirect is followed, and a call
// that carries its keys needs no session. The client given is read by [New]
// and never changed.
func WithHTTPClient(hc *http.Client) Option {
	return func(cfg *config) error {
		if hc == nil {
			return invalid("WithHTTPClient: client is nil")
		}
		if hc.Timeout < 0 {
			return invalid("WithHTTPClient: Timeout %v is negative", hc.Timeout)
		}
		cfg.httpClient = hc
		return nil
	}
}

// WithMiddleware wraps the transport, for tracing, metrics or extra headers;
// otelhttp.NewTransport fits as it is. The first function given is the
// outermost layer, and a second use of the option adds further in. Middleware
// runs once for each attempt, and the keys are added after the innermost: it
// neither sees nor leaks them, unless the server's answer echoes them.
//
// Middleware must pass the request's context on (derived contexts are fine).
// It may add and change headers, but not the account code, the method, the URL
// or the Host, nor add a body: all that is refused before the keys are added.
// So is the second request of middleware that follows redirects, with
// [ErrRedirect]. Middleware that retries by itself is counted as one attempt,
// and what its hidden answers leave open sets [Error.MayHaveApplied]. An error
// that middleware returns without having called the next layer ends the call
// without a retry.
//
// Middleware and tracing see the URL, and in it the customer id; otelhttp, for
// one, records it as url.full. [net/http/httptrace] works, in middleware and in
// the context of a call, except for its WroteHeaderField hook: it would be told
// the keys and is not called.
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

// WithRetry sets how many times a call is repeated after its first attempt,
// and the longest wait between two attempts, up to an hour. Defaults to 2
// retries and 8 s. With 0 retries a call is one attempt and maxDelay is not
// used.
//
// The cap also holds for the server's Retry-After: if that asks for a longer
// wait, the call returns the answer at once, with [Error.RetryAfter] set.
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

// WithAttemptTimeout bounds one attempt, from dialling to the last byte of the
// answer's body. An attempt that takes longer is retried. Defaults to 30 s;
// Yuno gives up on its side after 60 s. The body of a 202 or a 204, on which
// nothing depends, is given up after a second already. To bound the whole call, retries
// included, use the context.
func WithAttemptTimeout(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return invalid("WithAttemptTimeout: %v is not positive", d)
		}
		cfg.attemptTimeout = d
		return nil
	}
}

// WithMaxInFlight lets at most n requests of the client be in flight at once;
// further calls wait for a place until their context ends. A call that waits
// to retry holds no place, and waiting for one does not count against the
// attempt timeout. Defaults to no limit.
func WithMaxInFlight(n int) Option {
	return func(cfg *config) error {
		if n <= 0 {
			return invalid("WithMaxInFlight: %d is not positive", n)
		}
		cfg.maxInFlight = n
		return nil
	}
}

// WithUserAgent puts a product of yours, such as "acme-privacy/1.2", in front
// of this package's own in the User-Agent header. At most 128 characters of
// printable ASCII.
func WithUserAgent(product string) Option {
	return func(cfg *config) error {
		if len(product) > 128 || strings.TrimSpace(product) == "" {
			return invalid("WithUserAgent: product is empty or longer than 128 characters")
		}
		for i := range len(product) {
			if product[i] < ' ' || product[i] > '~' {
				return invalid("WithUserAgent: product holds a character at byte %d that is not printable ASCII", i)
			}
		}
		cfg.userAgent = strings.TrimSpace(product) + " " + userAgent
		return nil
	}
}

// WithLogger logs attempts (level Debug) and retries (level Info). Records
// hold the operation, the attempt's number, its status, error code and kind of
// failure, and durations. They hold nothing else: no ids, no URLs, no headers,
// no bodies. Failures that the caller is told about are not logged again.
// Defaults to silence.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		if l == nil {
			return invalid("WithLogger: logger is nil")
		}
		cfg.logger = l
		return nil
	}
}

// CallOption adjusts one call.
type CallOption func(*callConfig) error

type callConfig struct {
	accountCode string    // "": the client's own
	response    *Response // nil: nobody asked
}

// WithAccountCode sends another account code than the client's, for this call
// only: for organizations with several accounts under one pair of keys.
func WithAccountCode(code string) CallOption {
	return func(call *callConfig) error {
		if err := wire.CheckCredential(code); err != nil {
			return invalid("WithAccountCode: code %v", err)
		}
		call.accountCode = code
		return nil
	}
}

// WithResponse stores what the last attempt was answered in dst, on success
// and on failure. If no answer came, only Attempts is set.
func WithResponse(dst *Response) CallOption {
	return func(call *callConfig) error {
		if dst == nil {
			return invalid("WithResponse: dst is nil")
		}
		call.response = dst
		return nil
	}
}

func (call *callConfig) apply(opts []CallOption) error {
	for _, opt := range opts {
		if opt == nil {
			return invalid("CallOption is nil")
		}
		if err := opt(call); err != nil {
			return err
		}
	}
	return nil
}
