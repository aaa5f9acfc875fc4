package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Credentials are what a request to the target carries. They print and marshal
// as "[redacted]".
type Credentials struct {
	AccountCode      string
	PublicAPIKey     string
	PrivateSecretKey string
}

// Format keeps the keys out of every verb of package fmt.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, wire.Redacted) }

// LogValue keeps the keys out of logs.
func (Credentials) LogValue() slog.Value { return slog.StringValue(wire.Redacted) }

// MarshalText keeps the keys out of JSON and other encodings.
func (Credentials) MarshalText() ([]byte, error) { return []byte(wire.Redacted), nil }

// validate quotes nothing: a value in the wrong place may be a key.
func (c Credentials) validate() error {
	for _, value := range []string{c.AccountCode, c.PublicAPIKey, c.PrivateSecretKey} {
		switch {
		case value == "":
			return errors.New("want account code and both keys")
		case !wire.IsCredential(value):
			return errors.New("something other than visible ASCII (a space, a line break?)")
		}
	}
	return nil
}

// CustomersNeeded is how many customers a run erases at most, if the target keeps the
// contract: what a finite [Target].Customers should hold. Without Target.Exists, a
// second account or HTTP/2 it is one less for each.
const CustomersNeeded = 10

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
	// Requests for ids that resemble it are sent as well; see Customers.
	NewCustomer func(ctx context.Context) (id string, err error)

	// Customers are ids of customers that exist in the account of Credentials and may be
	// erased, if NewCustomer is nil. Each is used once; see CustomersNeeded.
	//
	// The case id-near-miss asks for ids that resemble one of them and must be refused:
	// the id with something before or after it, and for a Strict target in the other
	// case. Do not name a customer whose id another one has but for that.
	Customers []string

	// Exists reports whether the account of Credentials has a customer, by looking where
	// the implementation keeps them. It serves the case accepted-is-gone, which asks until
	// the answer is no, or the time limit of a request has passed. If it is nil, nobody
	// knows what an accepted request did: an implementation that answers 202 and erases
	// nobody, or everybody, may keep the contract by all its answers.
	Exists func(ctx context.Context, id string) (bool, error)

	// Strict judges by what the servers of this project promise; see [contract.WithStrict].
	Strict bool
}

// ErrProduction is returned for a run that [WithProduction] would have to permit. Nothing
// was sent.
var ErrProduction = errors.New("the host, or a public key that begins with prod_, is that of Yuno's production, where a run erases customers for good")

// Validate returns what [Run] with the same options would refuse to begin with, all of it
// joined, such as [ErrProduction]. It sends nothing.
func (t Target) Validate(opts ...RunOption) error {
	_, _, err := t.prepare(opts)
	return err
}

// prepare checks target and options.
func (t Target) prepare(opts []RunOption) (runConfig, *contract.Checker, error) {
	cfg, err := newRunConfig(opts)
	if err := errors.Join(err, t.validate(cfg.production)); err != nil {
		return cfg, nil, fmt.Errorf("contract: %w", err)
	}
	checker, err := checkerFor(t)
	return cfg, checker, err
}

func (t Target) validate(production bool) error {
	var errs []error
	if err := t.Credentials.validate(); err != nil {
		errs = append(errs, fmt.Errorf("credentials: %w", err))
	}
	if t.SecondAccount != (Credentials{}) {
		if err := t.SecondAccount.validate(); err != nil {
			errs = append(errs, fmt.Errorf("second account: %w; leave it empty to do without", err))
		} else if t.SecondAccount.AccountCode == t.Credentials.AccountCode {
			errs = append(errs, errors.New("second account: same account as the first"))
		}
	}
	switch {
	case t.BaseURL == "" && t.Handler == nil:
		errs = append(errs, errors.New("want a base URL or a handler"))
	case t.BaseURL != "" && t.Handler != nil:
		errs = append(errs, errors.New("want a base URL or a handler, not both"))
	case t.BaseURL != "":
		errs = append(errs, checkBaseURL(t.BaseURL))
	}
	if !production && t.isProduction() {
		errs = append(errs, ErrProduction)
	}
	for _, id := range t.Customers {
		if err := checkID(id); err != nil {
			errs = append(errs, fmt.Errorf("customers: %w", err))
		}
	}
	return errors.Join(errs...)
}

// checkID refuses ids that name another path than that of a customer.
func checkID(id string) error {
	if id == "" || id == "." || id == ".." {
		return errors.New("an id is empty or a dot segment")
	}
	return nil
}

func checkBaseURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil: // the error quotes the URL
		return errors.New("base URL: not a URL")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("base URL: want no user, query or fragment")
	case u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("base URL: want https://host/path")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' }):
		// net/http maps full-width letters and other dots to ASCII (IDNA), so such
		// a host is not what it looks like.
		return errors.New("base URL: want the host in ASCII")
	case u.Scheme == "http" && !wire.IsLoopback(u.Hostname()):
		return errors.New("base URL: want https, or http to loopback")
	}
	return nil
}

// isProduction reports whether the target is Yuno's production, going by its host or the
// prefix of a public key ("Environments" in Yuno's API reference). The prefix counts
// on this machine too: a port here may be forwarded to anywhere.
func (t Target) isProduction() bool {
	for _, key := range []string{t.Credentials.PublicAPIKey, t.SecondAccount.PublicAPIKey} {
		if strings.HasPrefix(key, "prod_") {
			return true
		}
	}
	u, err := url.Parse(t.BaseURL)
	if err != nil {
		return false
	}
	host := strings.ToLower(strings.TrimRight(u.Hostname(), "."))
	return host == "api.y.uno" || host == "api.eu.y.uno"
}

// checkerFor returns the Checker that judges the target.
func checkerFor(t Target) (*contract.Checker, error) {
	var opts []contract.Option
	if t.Strict {
		opts = append(opts, contract.WithStrict())
	}
	if t.BaseURL != "" {
		u, err := url.Parse(t.BaseURL)
		if err != nil {
			return nil, errors.New("base URL: not a URL")
		}
		opts = append(opts, contract.WithBasePath(u.EscapedPath()))
	}
	return contract.New(opts...)
}
