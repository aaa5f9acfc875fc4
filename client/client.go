package client

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// version is the release of this module, for the User-Agent header.
const version = "0.1.0"

const userAgent = "yuno-customers-go/" + version

// Client erases and retrieves customers of a Yuno account. It is safe for concurrent use and
// meant to be shared: its calls share the connections, the retry budget and the
// limit of [WithMaxInFlight]. Create it with [New].
type Client struct {
	baseURL        string
	header         http.Header       // of every request
	template       *requestTemplate  // of a deletion
	transport      http.RoundTripper // middleware around keys around network
	network        http.RoundTripper
	keys           keyring
	retry          retryPolicy
	budget         *retryBudget
	attemptTimeout time.Duration
	slots          chan struct{} // nil: no limit
	log            *slog.Logger  // nil: silent
}

// New returns a client for the account of creds. It does no I/O. The error
// reports every mistake in creds and opts, and is [ErrInvalidArgument].
//
// Without [WithHTTPClient], the client has its own transport: proxy from the
// environment, HTTP/2 where the server supports it, and one idle HTTP/1.1
// connection for each call that was in flight. Idle connections are closed after
// 90 seconds, or by [Client.CloseIdleConnections].
func New(creds Credentials, opts ...Option) (*Client, error) {
	cfg := defaultConfig()
	errs := append([]error{checkCredentials(creds)}, cfg.apply(opts)...)
	base, err := resolveBaseURL(creds.PublicAPIKey, cfg.baseURL)
	if cfg.baseURL != nil || joinInvalid(errs) == nil { // WithBaseURL may be among the invalid options
		errs = append(errs, err)
	}
	if base != nil && creds.AccountCode != "" {
		errs = append(errs, checkAccountCode(creds.AccountCode, base))
	}

	network, kind, timeout := cfg.network()
	keys := newKeyring(creds)
	transport := withMiddleware(&keyLayer{keys: keys, next: network, kind: kind}, cfg.middleware)
	if transport == nil {
		errs = append(errs, invalid("WithMiddleware: a function returned nil"))
	}
	if err := joinInvalid(errs); err != nil {
		return nil, err
	}

	header := http.Header{
		"User-Agent":      {cfg.userAgent},
		"Accept-Encoding": {"identity"}, // see decompress
	}
	template, err := newRequestTemplate(base.String(), creds.AccountCode, header)
	if err != nil {
		return nil, err
	}
	c := &Client{
		baseURL:        base.String(),
		header:         header,
		template:       template,
		transport:      transport,
		network:        network,
		keys:           keys,
		retry:          cfg.retry,
		budget:         newRetryBudget(),
		attemptTimeout: timeout,
		log:            cfg.logger,
	}
	if cfg.maxInFlight > 0 {
		c.slots = make(chan struct{}, cfg.maxInFlight)
	}
	return c, nil
}

// CloseIdleConnections closes the connections that no call is using, if the
// innermost transport supports it. The client remains usable.
//
// Use it when no call is running: net/http counts a connection as idle just before
// it returns a response without a body, so a call may lose the response that it was
// about to get, and is retried like after any lost response.
func (c *Client) CloseIdleConnections() {
	if c == nil {
		return
	}
	if n, ok := c.network.(interface{ CloseIdleConnections() }); ok {
		n.CloseIdleConnections()
	}
}

// BaseURL returns the URL that calls are sent to, without a trailing slash: that
// of [WithBaseURL], or the default for the prefix of the public key. It is ""
// for a nil Client.
func (c *Client) BaseURL() string {
	if c == nil {
		return ""
	}
	return c.baseURL
}

// String returns the base URL, which distinguishes one client from another.
func (c *Client) String() string {
	if c == nil {
		return "<nil>"
	}
	return "Client{" + c.baseURL + "}"
}

// Format writes [Client.String] for every verb. Without it, fmt would print the
// client's internal fields. Those do not show the keys either.
func (c *Client) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }
