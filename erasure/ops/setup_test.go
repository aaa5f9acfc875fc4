package ops_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// start is the time at which tests begin.
var start = time.Date(2026, 11, 26, 18, 30, 0, 0, time.UTC)

const account = "11111111-1111-4111-8111-111111111111"

// site is a running page over a store, with a clock of its own.
type site struct {
	*testing.T
	*sqlstore.Store
	url  string
	page *ops.Page
	log  *logBuffer

	mu       sync.Mutex
	now      time.Time
	enqueued []string // targets
	// interrupt, if not nil, is called in each transaction that enqueues jobs.
	interrupt func(context.Context) error

	server *httptest.Server
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// onEach runs every case on each engine, in parallel. Each has its own site.
func onEach(t *testing.T, cases map[string]func(*site)) {
	t.Helper()
	t.Parallel()
	for engine := range engines.Migrated {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for name, test := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(newSite(t, engines.New(t, engine)))
				})
			}
		})
	}
}

func newSite(t *testing.T, store *sqlstore.Store) *site {
	t.Helper()
	s := &site{T: t, Store: store, now: start, log: &logBuffer{}}
	s.must(store.CreateAccount(t.Context(), erasure.Account{Code: account, PublicKey: "public", CreatedAt: start}))
	s.page = ops.New(ops.Config{
		Store: store, Enqueue: s.enqueue, HeartbeatTimeout: time.Minute, Now: s.clock,
		Proxies:  []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Logger:   slog.New(slog.NewTextHandler(s.log, nil)),
		Unworked: func(context.Context) (map[string]int, error) { return map[string]int{"provider-gone": 3}, nil },
		Connections: []ops.Connection{{
			Name: "stripe", Title: "Stripe", Mode: "live", PerSecond: 20, Concurrency: 4,
			Check: func(context.Context) erasure.Outcome { return erasure.Outcome{Kind: erasure.OutcomeSucceeded} },
		}},
	})
	s.server = httptest.NewServer(s.page)
	t.Cleanup(s.server.Close)
	s.url = s.server.URL
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// later lets time pass.
func (s *site) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *site) enqueue(ctx context.Context, _ *sql.Tx, jobs []erasure.Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.interrupt != nil {
		if err := s.interrupt(ctx); err != nil {
			return err
		}
	}
	for _, job := range jobs {
		s.enqueued = append(s.enqueued, job.TargetID)
	}
	return nil
}

// erase accepts the erasure of a customer with targets at the providers, which end in a state
// for a reason.
func (s *site) erase(customer string, state erasure.TargetState, reason string, providers ...string) erasure.Erasure {
	s.Helper()
	c := erasure.Customer{ID: customer, Personal: []byte(`{"email":"ada@example.com"}`)}
	for _, provider := range providers {
		c.Connections = append(c.Connections, erasure.Connection{Provider: provider, References: erasure.References{
			Customer: "ref-" + customer, Tokens: []string{"token-" + customer}, Payments: []string{"payment-" + customer},
		}})
	}
	s.must(s.Import(s.Context(), account, []erasure.Customer{c}))
	e, err := s.Accept(s.Context(), erasure.AcceptRequest{
		AccountCode: account, CustomerID: customer, At: s.clock(), Deadline: s.clock().Add(30 * 24 * time.Hour),
	}, s.enqueue)
	s.must(err)
	for _, target := range e.Targets {
		attempt, err := s.Begin(s.Context(), target.ID, s.clock())
		s.must(err)
		s.must(s.Finish(s.Context(), erasure.FinishRequest{
			TargetID: target.ID, Attempt: attempt.Target.Attempts, At: s.clock(), State: state, Reason: reason, Status: 200,
			NextAt: s.clock().Add(time.Minute), Keep: time.Hour,
		}, nil))
	}
	e, err = s.GetErasure(s.Context(), e.ID)
	s.must(err)
	return e
}

// browser sends requests as one browser does. It follows no redirects.
type browser struct {
	*site
	hc     *http.Client
	header http.Header
}

// response is what a browser got.
type response struct {
	status   int
	header   http.Header
	location string
	body     string
}

func (s *site) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{s, &http.Client{
		Transport: &http.Transport{}, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, http.Header{}}
}

// as returns the browser of a new operator who is logged in.
func (s *site) as(name string, role erasure.Role) *browser {
	s.Helper()
	credential, err := s.AddOperator(s.Context(), erasure.Operator{Name: name, Role: role, CreatedAt: s.clock()})
	s.must(err)
	b := s.browser()
	if got := b.post("/login", "name", name, "credential", credential); got.status != http.StatusSeeOther {
		s.Fatalf("login: %d\n%s", got.status, got.body)
	}
	return b
}

func (b *browser) get(path string) response {
	b.Helper()
	return b.do(http.MethodGet, path, nil)
}

// post sends a form of pairs of names and values.
func (b *browser) post(path string, pairs ...string) response {
	b.Helper()
	return b.do(http.MethodPost, path, strings.NewReader(encode(pairs)))
}

func (b *browser) do(method, path string, body io.Reader) response {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, b.url+path, body)
	b.must(err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.url)
	}
	for name, values := range b.header {
		r.Header[name] = values
	}
	got, err := b.hc.Do(r)
	b.must(err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	b.must(err)
	return response{got.StatusCode, got.Header, got.Header.Get("Location"), string(text)}
}

// want checks the status of a response, and that it contains texts.
func (b *browser) want(r response, status int, texts ...string) {
	b.Helper()
	if r.status != status {
		b.Errorf("status %d, want %d\n%s", r.status, status, r.body)
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			b.Errorf("the page lacks %q:\n%s", text, r.body)
		}
	}
}

// lacks checks that a response does not contain texts.
func (b *browser) lacks(r response, texts ...string) {
	b.Helper()
	for _, text := range texts {
		if strings.Contains(r.body, text) {
			b.Errorf("the page contains %q:\n%s", text, r.body)
		}
	}
}

func customerID(i int) string { return fmt.Sprintf("0b1f7e0c-95f0-4a35-8f0d-%012d", i) }
