package sandbox

import (
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/internal/pipenet"
	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/server"
)

// basePath is the path of the server URL in the specification.
const basePath = "/v1"

// TestingT is the part of [testing.TB] that [New] needs.
type TestingT interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Sandbox is a running in-memory Yuno. It is safe for concurrent use.
type Sandbox struct {
	t           TestingT // nil after Open
	inMemory    bool
	url         string
	store       *store
	server      http.Handler // the real server, without faults
	http        *http.Server
	pipe        *pipenet.Listener
	transport   *http.Transport
	recordLimit int

	mu         sync.Mutex
	script     []Fault
	byCustomer map[string]Fault
	requests   []Request
}

var _ http.Handler = (*Sandbox)(nil)

// New starts a sandbox and closes it when the test ends. An invalid option fails the
// test at once.
func New(t TestingT, opts ...Option) *Sandbox {
	t.Helper()
	s, err := Open(opts...)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	s.t = t
	t.Cleanup(s.Close)
	return s
}

// Open is [New] for programs: the caller must call [Sandbox.Close]. The error joins
// every invalid option, or says why no loopback port could be opened.
func Open(opts ...Option) (*Sandbox, error) {
	s := &Sandbox{store: newStore(), pipe: pipenet.Listen(), recordLimit: math.MaxInt, byCustomer: make(map[string]Fault)}
	var errs []error
	for i, opt := range opts {
		if opt == nil {
			errs = append(errs, fmt.Errorf("option %d is nil", i))
			continue
		}
		errs = append(errs, opt(s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := s.store.complete(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}

	handler, err := server.New(s.store, s.store, server.WithBasePath(basePath), server.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s.server = handler
	s.transport = &http.Transport{DialContext: s.pipe.DialContext, DialTLSContext: s.pipe.DialContext}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		MaxHeaderBytes:    12 << 10, // 16 KiB with what net/http adds, as in server.Serve
		// The real server handles `OPTIONS *` too.
		DisableGeneralOptionsHandler: true,
	}
	if err := s.listen(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return s, nil
}

// listen serves in memory and, without [WithoutListener], on a loopback port too.
func (s *Sandbox) listen() error {
	s.url = "http://localhost" + basePath
	if !s.inMemory {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.url = "http://" + tcp.Addr().String() + basePath
		go func() { _ = s.http.Serve(tcp) }()
	}
	go func() { _ = s.http.Serve(s.pipe) }()
	return nil
}

// Close stops the sandbox and cuts off the requests in flight. It may be called more
// than once.
func (s *Sandbox) Close() { _ = s.http.Close() }

// URL returns the base URL, with its /v1 and without a trailing slash. With
// [WithoutListener] it works only through [Sandbox.Transport].
func (s *Sandbox) URL() string { return s.url }

// Transport returns a transport that reaches the sandbox without a network, whatever
// the host in the URL. A connection is a [net.Pipe] between the real client and
// server side of net/http.
func (s *Sandbox) Transport() http.RoundTripper { return s.transport }

// Credentials returns the credentials of the first account.
func (s *Sandbox) Credentials() Credentials { return s.store.first() }

// AddAccount adds an account with random credentials, which give access only to it.
func (s *Sandbox) AddAccount() Credentials { return s.store.addAccount() }

// AddCustomers adds customers to an account, including customers deleted before, with
// the data that [WithCustomers] describes. Customers that exist keep their data. It adds
// none if the sandbox has no account of that code, or if [WithCustomers] would reject one
// of the ids: then it returns an error, and fails the test of [New].
func (s *Sandbox) AddCustomers(accountCode string, ids ...string) error {
	err := checkIDs(ids)
	if err == nil {
		var added []Customer
		for _, id := range ids {
			added = append(added, withoutData(id))
		}
		err = s.store.add(accountCode, false, added...)
	}
	return s.reportAdded("AddCustomers", err)
}

// AddCustomer adds a customer with data to an account, or replaces the customer with its
// id. The id follows the rules of [WithCustomers]. The merchant's id has at most 255
// characters, is no other customer's in the account, and may be empty. Nothing else is
// checked. An invalid customer or an account that does not exist is an error, and fails
// the test of [New].
func (s *Sandbox) AddCustomer(accountCode string, c Customer) error {
	err := checkCustomer(c)
	if err == nil {
		err = s.store.add(accountCode, true, c)
	}
	return s.reportAdded("AddCustomer", err)
}

func (s *Sandbox) reportAdded(method string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("sandbox: %s: %w", method, err)
	if s.t != nil {
		s.t.Helper()
		s.t.Errorf("%v", err)
	}
	return err
}

// checkIDs returns why one of ids, which it does not repeat, is not a customer id.
func checkIDs(ids []string) error {
	for i, id := range ids {
		if err := wire.CheckCustomerID(id); err != nil {
			return fmt.Errorf("customer %d: id %w", i+1, err)
		}
	}
	return nil
}

// Customers returns the ids of an account's customers, sorted, without those that were
// deleted or anonymised. For an account code that does not exist it returns none.
func (s *Sandbox) Customers(accountCode string) []string { return s.store.list(accountCode) }
