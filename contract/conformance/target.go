package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Credentials are the account code and keys that a request to the target carries: fields
// AccountCode, PublicAPIKey and PrivateSecretKey. The type is the same as
// client.Credentials. Printed, logged or marshalled, Credentials show the account code and
// never the keys.
type Credentials = wire.Credentials

// CustomersNeeded is the number of customers that a run against a correct implementation
// erases at most, and so the number that a finite Target.Customers should have. A target
// without Exists, without a second account, without HTTP/2 or without reads needs one less
// for each.
const CustomersNeeded = 13

// A Target is an implementation to be judged, and what it offers for that. Cases that need
// something it does not offer are skipped, which is not a pass.
type Target struct {
	// BaseURL is the address of the operations, base path included, such as
	// http://127.0.0.1:8080/v1. It is https, or http to loopback. Leave it empty to have
	// Handler served on a loopback port.
	BaseURL string

	// Handler is the implementation, if BaseURL is empty. It must serve the operations
	// under the contract's base path, "/v1".
	Handler http.Handler

	// Transport sends the requests to BaseURL. It must not follow redirects. Defaults to a
	// transport that speaks HTTP/1.1, or HTTP/2 in the cases about it.
	Transport http.RoundTripper

	// Credentials are valid. They are required.
	Credentials Credentials

	// SecondAccount has valid credentials of another account, whose customers the suite
	// does not touch: it must have none with the id of a customer that NewCustomer makes. For
	// Customers, the suite makes sure, by retrieve-customer or because the id is a UUID. If the
	// target refuses the credentials, the cases that need them are skipped. Optional.
	SecondAccount Credentials

	// NewCustomer creates a customer in the account of Credentials and returns its id. The
	// suite erases the customer, and sends requests for similar ids; see Customers.
	NewCustomer func(ctx context.Context) (id string, err error)

	// Customers are ids of existing customers in the account of Credentials that may be
	// erased. They are used if NewCustomer is nil, each at most once; see CustomersNeeded.
	// Ids that differ only in case count as one.
	//
	// The case id-near-miss also sends requests, which must be refused, for ids that are
	// similar to one of them: with something before or after it and, for a strict target,
	// in the other case. It leaves out an id that another customer may have, because neither
	// Exists nor retrieve-customer shows that there is none.
	//
	// A customer of the list that the target does not know proves nothing against it: such
	// a case is skipped, unless Exists or retrieve-customer showed the customer before.
	Customers []string

	// CustomerOrigins says where each of Customers comes from, such as "line 3 of
	// expendable.txt". A report, which contains no id, names the customer so. Defaults to the
	// place in Customers.
	CustomerOrigins []string

	// Exists reports whether the account of Credentials has a customer, by a look at the
	// storage of the implementation. The case accepted-is-gone calls it until the customer
	// is gone or the time limit of a request has passed. The suite tries it with an id that
	// it makes up, which must not exist, and does not call it again after an error. Without it, the suite cannot see
	// what an accepted request did: an implementation that responds with 202 and erases
	// no customer, or all of them, may pass.
	Exists func(ctx context.Context, id string) (bool, error)

	// Operations are the operationIds of what the target serves, such as
	// "retrieve-customer". Cases about others are skipped. If it is nil, delete-customer
	// is judged, and of the others those that respond to a probe: a valid request for an
	// unknown customer. The reason of a skipped case says what the probe got.
	Operations []string

	// Strict judges by what the servers of this project promise; see
	// [contract.WithStrict].
	Strict bool
}

// ErrProduction is returned, before anything is sent, for a run that needs
// [WithProduction].
var ErrProduction = errors.New("the host, or a public key that begins with prod_, belongs to Yuno's production, where a run erases customers for good")

// Validate returns everything for which [Run] with the same options would refuse to start,
// such as [ErrProduction], as one joined error. It sends nothing.
func (t Target) Validate(opts ...RunOption) error {
	_, _, err := t.prepare(opts)
	return err
}

// prepare checks target and options.
func (t Target) prepare(opts []RunOption) (runConfig, *contract.Checker, error) {
	cfg, err := newRunConfig(opts)
	if cfg.noCustomers && len(t.Customers) > 0 {
		err = errors.Join(err, errors.New("customers: named for erasure, although WithoutCustomers wants none erased: leave out one of the two"))
	}
	if err := errors.Join(err, t.validate(cfg.production)); err != nil {
		return cfg, nil, fmt.Errorf("conformance: %w", err)
	}
	checker, err := t.checker(allOperations()...)
	return cfg, checker, err
}

func (t Target) validate(production bool) error {
	var errs []error
	if err := t.Credentials.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("credentials: %w", err))
	}
	if t.SecondAccount != (Credentials{}) {
		if err := t.SecondAccount.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("second account: %w; leave it empty to do without", err))
		} else if strings.EqualFold(t.SecondAccount.AccountCode, t.Credentials.AccountCode) {
			errs = append(errs, errors.New("second account: same account as the first"))
		} else if t.SecondAccount.PublicAPIKey == t.Credentials.PublicAPIKey || t.SecondAccount.PrivateSecretKey == t.Credentials.PrivateSecretKey {
			errs = append(errs, errors.New("second account: a key of the first one, which may give access to both: use keys of its own, or leave it empty to do without"))
		}
	}
	switch {
	case t.Handler != nil && wire.IsNil(t.Handler):
		errs = append(errs, fmt.Errorf("handler: a nil %T", t.Handler))
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
	for _, id := range t.Operations {
		if !slices.Contains(allOperations(), id) {
			errs = append(errs, fmt.Errorf("operations: no operation is %q: use some of %s", id, strings.Join(allOperations(), ", ")))
		}
	}
	if t.Operations != nil && len(t.Operations) == 0 {
		errs = append(errs, errors.New("operations: none: name at least one, or leave it nil"))
	}
	for _, id := range t.Customers {
		if err := wire.CheckCustomerID(id); err != nil {
			errs = append(errs, fmt.Errorf("customers: an id %w", err))
		}
	}
	return errors.Join(errs...)
}

// origin says where a customer of the list comes from.
func (t Target) origin(i int) string {
	if i < len(t.CustomerOrigins) {
		return t.CustomerOrigins[i]
	}
	return fmt.Sprintf("number %d of Target.Customers", i+1)
}

func checkBaseURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil: // not printed, because it quotes the URL
		return errors.New("base URL: not a URL")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("base URL: want no user, query or fragment")
	case u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("base URL: want https://host/path")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' }):
		// net/http maps full-width letters and other dots to ASCII (IDNA), so such a host
		// may be Yuno's in disguise.
		return errors.New("base URL: want the host in ASCII")
	case u.Scheme == "http" && !wire.IsLoopback(u.Hostname()):
		return errors.New("base URL: want https, or http to loopback")
	}
	return nil
}

// isProduction reports whether the target is Yuno's production, judging by its host and by
// the prefix of a public key ("Environments" in Yuno's API reference). The prefix counts
// for a loopback host too, because its port may be forwarded elsewhere.
func (t Target) isProduction() bool {
	for _, key := range []string{t.Credentials.PublicAPIKey, t.SecondAccount.PublicAPIKey} {
		if wire.IsProductionKey(key) {
			return true
		}
	}
	u, err := url.Parse(t.BaseURL)
	if err != nil {
		return false
	}
	return wire.IsProductionHost(u.Host)
}

// checker returns the Checker that judges the target, by some of the operations.
func (t Target) checker(operations ...string) (*contract.Checker, error) {
	opts := []contract.Option{contract.WithOperations(operations...)}
	if t.Strict {
		opts = append(opts, contract.WithStrict())
	}
	if t.BaseURL != "" {
		u, err := url.Parse(t.BaseURL)
		if err != nil { // not printed, because it quotes the URL
			return nil, errors.New("conformance: base URL: not a URL")
		}
		opts = append(opts, contract.WithBasePath(u.EscapedPath()))
	}
	return contract.New(opts...)
}
