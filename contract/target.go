package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Credentials are what a request to the target carries. They print and marshal
// as "[redacted]".
type Credentials struct {
	AccountCode      string
	PublicAPIKey     string
	PrivateSecretKey string
}

const redacted = "[redacted]"

// Format keeps the keys out of every verb of package fmt.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue keeps the keys out of logs.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the keys out of JSON and other encodings.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func (c Credentials) complete() bool {
	return c.AccountCode != "" && c.PublicAPIKey != "" && c.PrivateSecretKey != ""
}

// CustomersNeeded is how many customers a run erases at most, if the target
// keeps the contract: what a finite [Target].Customers should hold.
const CustomersNeeded = 8

// A Target is an implementation to be judged, and what it offers for that. What
// it does not offer, the cases that need it are skipped for; skipped is not passed.
type Target struct {
	// BaseURL is where the operations are served, base path included, such as
	// http://127.0.0.1:8080/v1: https, or http to loopback. Leave it empty
	// to have Handler served on a loopback port.
	BaseURL string

	// Handler is the implementation, if BaseURL is empty. It must serve the
	// operations under the contract's own base path, "/v1".
	Handler http.Handler

	// Transport carries the requests to BaseURL. It must not follow redirects,
	// nor hold answers back. Defaults to one that speaks HTTP/1.1, and HTTP/2 in
	// the cases about it.
	Transport http.RoundTripper

	// Credentials are right ones. They are needed.
	Credentials Credentials

	// SecondAccount has right credentials of another account, none of whose customers
	// is touched.
	SecondAccount Credentials

	// NewCustomer creates a customer in the account of Credentials and returns
	// its id. The customer will be erased.
	NewCustomer func(ctx context.Context) (id string, err error)

	// Customers are ids of customers that exist in the account of Credentials and may be
	// erased, if NewCustomer is nil. Each is used once; see CustomersNeeded.
	Customers []string

	// Strict judges by what the servers of this project promise; see [Strict].
	Strict bool
}

// ErrProduction is returned for a run against Yuno's production that
// [WithProduction] does not permit. Nothing was sent.
var ErrProduction = errors.New("the target is Yuno's production: a run erases customers there for good")

func (t Target) validate(production bool) error {
	var errs []error
	if !t.Credentials.complete() {
		errs = append(errs, errors.New("credentials: want account code and both keys"))
	}
	if t.SecondAccount != (Credentials{}) {
		switch {
		case !t.SecondAccount.complete():
			errs = append(errs, errors.New("second account: want account code and both keys, or nothing"))
		case t.SecondAccount.AccountCode == t.Credentials.AccountCode:
			errs = append(errs, errors.New("second account: same account as the first"))
		}
	}
	switch {
	case t.BaseURL == "" && t.Handler == nil:
		errs = append(errs, errors.New("want a base URL or a handler"))
	case t.BaseURL != "" && t.Handler != nil:
		errs = append(errs, errors.New("want a base URL or a handler, not both"))
	case t.BaseURL != "":
		if err := checkBaseURL(t.BaseURL); err != nil {
			errs = append(errs, err)
		} else if !production && t.isProduction() {
			errs = append(errs, ErrProduction)
		}
	}
	if slices.Contains(t.Customers, "") {
		errs = append(errs, errors.New("customers: an id is empty"))
	}
	return errors.Join(errs...)
}

func checkBaseURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil: // the error quotes the URL
		return errors.New("base URL: not a URL")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("base URL: want no user, query or fragment")
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("base URL: want https://host/path")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("base URL: want https, or http to loopback")
	}
	return nil
}

// isProduction reports whether the target is Yuno's production, going by its host or,
// anywhere but on this machine, by the prefix of the public key ("Environments" in
// Yuno's API reference).
func (t Target) isProduction() bool {
	u, err := url.Parse(t.BaseURL)
	if err != nil || isLoopback(u.Hostname()) {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	return host == "api.y.uno" || host == "api.eu.y.uno" || strings.HasPrefix(t.Credentials.PublicAPIKey, "prod_")
}

// endpoint is a target that can be called.
type endpoint struct {
	baseURL *url.URL
	http1   http.RoundTripper
	http2   http.RoundTripper // nil if the target cannot be asked for it
	close   func()
}

// open makes the target ready to be called.
func (t Target) open(basePath string) (*endpoint, error) {
	if t.BaseURL == "" {
		return serve(t.Handler, basePath)
	}
	u, err := url.Parse(strings.TrimSuffix(t.BaseURL, "/"))
	if err != nil {
		return nil, errors.New("base URL: not a URL")
	}
	if t.Transport != nil {
		return &endpoint{baseURL: u, http1: t.Transport, http2: t.Transport, close: func() {}}, nil
	}
	e := &endpoint{baseURL: u}
	http1 := newTransport(false, false)
	http1.Proxy = http.ProxyFromEnvironment
	e.http1, e.close = http1, http1.CloseIdleConnections
	if u.Scheme == "https" {
		http2 := newTransport(true, false)
		http2.Proxy = http.ProxyFromEnvironment
		e.http2 = http2
		e.close = func() { http1.CloseIdleConnections(); http2.CloseIdleConnections() }
	}
	return e, nil
}

// serve runs the handler on a loopback port, with HTTP/1.1 and HTTP/2.
func serve(h http.Handler, basePath string) (*endpoint, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening on loopback: %w", err)
	}
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		Protocols:         new(http.Protocols),
		ErrorLog:          log.New(io.Discard, "", 0), // a panic's text may hold anything
	}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	http1, http2 := newTransport(false, false), newTransport(true, true)
	return &endpoint{
		baseURL: &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: basePath},
		http1:   http1,
		http2:   http2,
		close: func() {
			http1.CloseIdleConnections()
			http2.CloseIdleConnections()
			_ = server.Close()
			<-done
		},
	}, nil
}

// newTransport speaks exactly one version of HTTP, so that a case knows which
// one it judges; but where the server chooses (TLS), it may refuse HTTP/2.
func newTransport(http2, unencrypted bool) *http.Transport {
	t := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	t.Protocols.SetHTTP1(!unencrypted)
	t.Protocols.SetHTTP2(http2 && !unencrypted)
	t.Protocols.SetUnencryptedHTTP2(unencrypted)
	return t
}

// checkerFor returns the Checker that judges the target.
func checkerFor(t Target) (*Checker, error) {
	var opts []Option
	if t.Strict {
		opts = append(opts, Strict())
	}
	if t.BaseURL != "" {
		u, err := url.Parse(t.BaseURL)
		if err != nil {
			return nil, errors.New("base URL: not a URL")
		}
		opts = append(opts, BasePath(u.EscapedPath()))
	}
	return New(opts...)
}
