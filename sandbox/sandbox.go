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
	t         TestingT // nil after Open
	inMemory  bool
	url       string
	store     *store
	server    http.Handler // the real server, which knows of no faults
	http      *http.Server
	pipe      *pipeListener
	transport *http.Transport
	keep      int // how many requests are recorded

	mu         sync.Mutex
	script     []Fault
	byCustomer map[string]Fault
	requests   []Request
}

var _ http.Handler = (*Sandbox)(nil)

// New starts a sandbox that ends with the test. A mistake in the options fails it.
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

// Open is [New] for programs: the caller calls [Sandbox.Close]. The error joins every
// mistake in the options.
func Open(opts ...Option) (*Sandbox, error) {
	s := &Sandbox{store: newStore(), pipe: newPipeListener(), keep: math.MaxInt, byCustomer: make(map[string]Fault)}
	var errs []error
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, errors.New("option: nil"))
			continue
		}
		errs = append(errs, opt(s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s.store.ensureAccount()

	handler, err := server.New(s.store, s.store, server.WithBasePath(basePath), server.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s.server = handler
	s.transport = s.pipe.transport()
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		MaxHeaderBytes:    12 << 10, // 16 KiB with net/http's slop, as server.Serve has it
		// The real server answers `OPTIONS *` too.
		DisableGeneralOptionsHandler: true,
	}
	return s, s.listen()
}

// listen serves in memory and, unless that is all that is wanted, on a loopback port.
func (s *Sandbox) listen() error {
	s.url = "http://localhost" + basePath
	if !s.inMemory {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		s.url = "http://" + tcp.Addr().String() + basePath
		go func() { _ = s.http.Serve(tcp) }()
	}
	go func() { _ = s.http.Serve(s.pipe) }()
	return nil
}

// Close stops the sandbox and cuts off whoever is waiting for an answer.
func (s *Sandbox) Close() { _ = s.http.Close() }

// URL is the base URL, with its /v1 and without a trailing slash. With [WithoutListener] it
// leads nowhere without [Sandbox.Transport].
func (s *Sandbox) URL() string { return s.url }

// Transport reaches the sandbox without a network, whatever the host in the URL.
// A connection is a [net.Pipe] between net/http's real client and server side.
func (s *Sandbox) Transport() http.RoundTripper { return s.transport }

// Credentials are those of the first account.
func (s *Sandbox) Credentials() Credentials { return s.store.first() }

// AddAccount makes another account, with keys of its own that give access to it alone.
func (s *Sandbox) AddAccount() Credentials { return s.store.addAccount() }

// AddCustomers makes customers of an account, those deleted before included.
func (s *Sandbox) AddCustomers(accountCode string, ids ...string) { s.store.add(accountCode, ids) }

// Customers returns the ids of an account's customers, sorted.
func (s *Sandbox) Customers(accountCode string) []string { return s.store.list(accountCode) }
