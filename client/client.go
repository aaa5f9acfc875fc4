package client

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// version is the release of this module, for the User-Agent header.
const version = "0.1.0"

const userAgent = "yuno-customers-go/" + version

// Client erases customers of a Yuno account. It is safe for concurrent use,
// and meant to be shared: the connections, the retry budget and the limit of
// [WithMaxInFlight] are the client's. Create it with [New].
type Client struct {
	baseURL        string
	template       *template
	transport      http.RoundTripper // middleware around keys around network
	network        http.RoundTripper
	keys           keyring
	retry          retryPolicy
	budget         *budget
	attemptTimeout time.Duration
	slots          chan struct{} // nil: no limit
	log            *slog.Logger  // nil: silent
}

// New returns a client for the account of creds. It does no I/O. The error
// holds every mistake found in creds and opts, and is [ErrInvalidArgument].
//
// Without [WithHTTPClient], the client has a transport of its own: proxy from
// the environment, HTTP/2 where the server speaks it, and no limit on idle
// HTTP/1.1 connections, so that each call in flight keeps one. Idle
// connections are closed after 90 seconds, or by [Client.CloseIdleConnections].
func New(creds Credentials, opts ...Option) (*Client, error) {
	cfg := defaultConfig()
	errs := []error{checkCredentials(creds)}
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, invalid("Option is nil"))
			continue
		}
		errs = append(errs, opt(&cfg))
	}
	base, err := baseURLFor(creds.PublicAPIKey, cfg.baseURL)
	if cfg.baseURL != nil || joinInvalid(errs) == nil { // or one may be given, and wrong
		errs = append(errs, err)
	}

	network, timeout := cfg.network()
	keys := newKeyring(creds)
	transport := wrap(&keyLayer{keys: keys, next: network}, cfg.middleware)
	if transport == nil {
		errs = append(errs, invalid("WithMiddleware: a function returned nil"))
	}
	if err := joinInvalid(errs); err != nil {
		return nil, err
	}

	tmpl, err := newTemplate(base.String(), creds.AccountCode, cfg.userAgent)
	if err != nil {
		return nil, err
	}
	c := &Client{
		baseURL:        base.String(),
		template:       tmpl,
		transport:      transport,
		network:        network,
		keys:           keys,
		retry:          cfg.retry,
		budget:         newBudget(),
		attemptTimeout: timeout,
		log:            cfg.logger,
	}
	if cfg.maxInFlight > 0 {
		c.slots = make(chan struct{}, cfg.maxInFlight)
	}
	return c, nil
}

// DeleteCustomer asks Yuno to erase a customer: to delete or anonymise it at
// Yuno and to have it deleted at every payment provider it has used. That
// cannot be undone. customerID is Yuno's own id of the customer, not the
// merchant's.
//
// nil means that Yuno accepted the erasure (202, or 204), not that every
// provider has carried it out; Yuno documents no way to ask. Anything else is
// an [*Error], arguments that were refused before anything was sent included.
// Test it with errors.Is and this package's sentinel errors.
//
// Failures that may pass are retried, see [WithRetry]. If an answer was lost
// on the way, the customer may be gone although the call failed: see
// [Error.MayHaveApplied].
//
// The call ends when ctx does. A deadline on ctx covers all attempts.
func (c *Client) DeleteCustomer(ctx context.Context, customerID string, opts ...CallOption) error {
	var cfg callConfig
	var out outcome
	tmpl, err := c.prepare(ctx, customerID, &cfg, opts)
	if err != nil {
		out.err = err
	} else {
		req := tmpl.request(customerID)
		out = c.call(ctx, &req)
	}
	if cfg.response != nil {
		*cfg.response = out.response()
	}
	if out.accepted() {
		return nil
	}
	return c.failure(out, customerID)
}

// prepare checks the arguments of a call and returns what to send.
func (c *Client) prepare(ctx context.Context, customerID string, cfg *callConfig, opts []CallOption) (*template, error) {
	if err := cfg.apply(opts); err != nil {
		return nil, err
	}
	switch {
	case c == nil || c.template == nil:
		return nil, invalid("Client was not made by New")
	case ctx == nil:
		return nil, invalid("context is nil")
	}
	if err := CheckCustomerID(customerID); err != nil {
		return nil, err
	}
	if cfg.accountCode == "" {
		return c.template, nil
	}
	return c.template.withAccountCode(cfg.accountCode)
}

// CloseIdleConnections closes the connections that no call is using, if the
// innermost transport can. The client remains usable.
func (c *Client) CloseIdleConnections() {
	if c == nil {
		return
	}
	if n, ok := c.network.(interface{ CloseIdleConnections() }); ok {
		n.CloseIdleConnections()
	}
}

// String returns the base URL: what tells one client from another.
func (c *Client) String() string {
	if c == nil {
		return "<nil>"
	}
	return "Client{" + c.baseURL + "}"
}

// Format writes [Client.String] for every verb. The keys would be safe without
// it, but a dump of the client's insides helps nobody.
func (c *Client) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }
