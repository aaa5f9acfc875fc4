package contract_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/server"
)

var (
	first = contract.Credentials{
		AccountCode:      "5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11",
		PublicAPIKey:     "sandbox_public-key-of-first",
		PrivateSecretKey: "private-Secret-key-of-first",
	}
	second = contract.Credentials{
		AccountCode:      "9d1f8b64-2b1c-4c56-9a8e-6f1d2c3b4a55",
		PublicAPIKey:     "sandbox_public-key-of-second",
		PrivateSecretKey: "private-Secret-key-of-second",
	}
)

// store is an implementation over a map.
type store struct {
	mu        sync.Mutex
	customers map[string]bool // account code and id
	created   int
}

var _ api.StrictServerInterface = (*store)(nil)

func (s *store) DeleteCustomer(_ context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.Params.AccountCode + " " + r.CustomerID
	if !s.customers[key] {
		return api.DeleteCustomer400JSONResponse{Code: "CUSTOMER_NOT_FOUND", Messages: []string{"Customer not found."}}, nil
	}
	delete(s.customers, key)
	return api.DeleteCustomer202Response{}, nil
}

func (s *store) newCustomer(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created++
	id := fmt.Sprintf("0f9e8d7c-6b5a-4c3d-8e2f-%012d", s.created)
	s.customers[first.AccountCode+" "+id] = true
	return id, nil
}

func mount(t testing.TB, impl api.StrictServerInterface, opts ...server.Option) http.Handler {
	t.Helper()
	var keys []server.StaticKey
	for _, c := range []contract.Credentials{first, second} {
		keys = append(keys, server.StaticKey{
			PublicAPIKey: c.PublicAPIKey, SecretSHA256: sha256.Sum256([]byte(c.PrivateSecretKey)), AccountCodes: []string{c.AccountCode},
		})
	}
	auth, err := server.NewStaticKeys(keys...)
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]server.Option{server.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	h, err := server.New(impl, auth, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestServerConforms(t *testing.T) {
	t.Parallel()
	contract.Exercise(t, func(t *testing.T) contract.Target {
		impl := &store{customers: map[string]bool{}}
		return contract.Target{
			Handler: mount(t, impl), Strict: true,
			Credentials: first, SecondAccount: second, NewCustomer: impl.newCustomer,
		}
	})
}

type implFunc func(context.Context) (api.DeleteCustomerResponseObject, error)

func (f implFunc) DeleteCustomer(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	return f(ctx)
}

// unavailable is an answer that the generator has no type for.
type unavailable struct{}

func (unavailable) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", "5")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, err := w.Write([]byte(`{"code":"SERVICE_UNAVAILABLE","messages":["m"]}`))
	return err
}

// Every documented answer is given, and is right. What a test from outside cannot
// provoke is provoked by the implementation.
func TestEveryDocumentedAnswer(t *testing.T) {
	t.Parallel()
	checker, err := contract.New(contract.Strict())
	if err != nil {
		t.Fatal(err)
	}
	accept := implFunc(func(context.Context) (api.DeleteCustomerResponseObject, error) {
		return api.DeleteCustomer202Response{}, nil
	})
	right := func(r *http.Request) {
		r.Header.Set("X-Account-Code", first.AccountCode)
		r.Header.Set("Public-Api-Key", first.PublicAPIKey)
		r.Header.Set("Private-Secret-Key", first.PrivateSecretKey)
	}
	for _, tt := range []struct {
		status int
		impl   implFunc
		edit   func(*http.Request)
		opts   []server.Option
	}{
		{status: 202, impl: accept},
		{status: 400, impl: accept, edit: func(r *http.Request) { r.Header.Del("X-Account-Code") }},
		{status: 401, impl: accept, edit: func(r *http.Request) { r.Header.Del("Private-Secret-Key") }},
		{status: 403, impl: accept, edit: func(r *http.Request) { r.Header.Set("X-Account-Code", second.AccountCode) }},
		{status: 405, impl: accept, edit: func(r *http.Request) { r.Method = http.MethodGet }},
		{status: 429, impl: accept, opts: []server.Option{server.WithLimiter(func(context.Context, string) time.Duration { return time.Second })}},
		{status: 500, impl: func(context.Context) (api.DeleteCustomerResponseObject, error) {
			return nil, errors.New("sql: no rows in result set")
		}},
		{status: 503, impl: func(context.Context) (api.DeleteCustomerResponseObject, error) { return unavailable{}, nil }},
		{status: 504, impl: func(ctx context.Context) (api.DeleteCustomerResponseObject, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
			opts: []server.Option{server.WithTimeout(time.Millisecond)}},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/v1/customers/c1", nil)
		right(r)
		if tt.edit != nil {
			tt.edit(r)
		}
		checker.Handler(t, mount(t, tt.impl, tt.opts...)).ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("got status %d, want %d", w.Code, tt.status)
		}
	}
	t.Logf("\n%s", checker.Coverage())
	checker.Coverage().Require(t, 1)
}

// What the generator mounts by default keeps hardly anything: text for errors, no
// check of keys, redirects.
func TestGeneratedServerIsCaught(t *testing.T) {
	t.Parallel()
	impl := &store{customers: map[string]bool{}}
	report, err := contract.Run(t.Context(), contract.Target{
		Handler:     api.HandlerWithOptions(api.NewStrictHandler(impl, nil), api.StdHTTPServerOptions{BaseURL: "/v1"}),
		Credentials: first, SecondAccount: second, NewCustomer: impl.newCustomer,
	})
	if err != nil {
		t.Fatal(err)
	}
	failed := map[string]bool{}
	for _, r := range report.Results {
		failed[r.Name] = r.Outcome == contract.Failed
	}
	for _, name := range []string{"keys-missing", "key-secret-wrong", "keys-of-another-account", "account-missing", "account-empty", "refusals-change-nothing"} {
		if !failed[name] {
			t.Errorf("%s did not fail", name)
		}
	}
	if failed["accepted"] || failed["not-found"] {
		t.Error("what the implementation itself answers is right, and was reported")
	}
}

// The client keeps the contract, and so does the server that answers it.
func TestClientConforms(t *testing.T) {
	t.Parallel()
	checker, err := contract.New(contract.Strict())
	if err != nil {
		t.Fatal(err)
	}
	impl := &store{customers: map[string]bool{}}
	s := httptest.NewServer(checker.Handler(t, mount(t, impl)))
	t.Cleanup(s.Close)
	c, err := client.New(
		client.Credentials{AccountCode: first.AccountCode, PublicAPIKey: first.PublicAPIKey, PrivateSecretKey: first.PrivateSecretKey},
		client.WithBaseURL(s.URL+"/v1"),
		client.WithHTTPClient(&http.Client{Transport: checker.Transport(t, nil)}),
	)
	if err != nil {
		t.Fatal(err)
	}
	id, err := impl.newCustomer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteCustomer(t.Context(), id); err != nil {
		t.Error(err)
	}
	if err := c.DeleteCustomer(t.Context(), id); !errors.Is(err, client.ErrCustomerNotFound) {
		t.Errorf("got error %v, want %v", err, client.ErrCustomerNotFound)
	}
	for _, r := range checker.Coverage().Responses {
		if want := map[int]int64{202: 2, 400: 2}[r.Status]; r.Seen != want { // seen from both sides
			t.Errorf("%d seen %d times, want %d", r.Status, r.Seen, want)
		}
	}
}
