// Package proof checks that the packages of this module agree about the current
// contract: the client calls what the server serves, and package contract accepts
// both. A specification update runs these tests on the generated code before it
// writes anything, and puts their messages into its report.
//
// The prefix of a test's name says whose code a failure breaks: TestClient,
// TestServer, or both.
package proof

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/internal/wire"
	"github.com/yuno-community/yuno-customers/openapi"
	"github.com/yuno-community/yuno-customers/sandbox"
	"github.com/yuno-community/yuno-customers/server"
)

// basePaths are the paths of the contract's servers, without a trailing slash.
func basePaths(t *testing.T) []string {
	t.Helper()
	var doc struct{ Servers []struct{ URL string } }
	if err := json.Unmarshal(openapi.Overlaid(), &doc); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, s := range doc.Servers {
		u, err := url.Parse(s.URL)
		if err != nil {
			t.Fatalf("server %q: %v", s.URL, err)
		}
		paths = append(paths, strings.TrimRight(u.Path, "/"))
	}
	return paths
}

func TestClientBaseURLs(t *testing.T) {
	t.Parallel()
	for _, address := range []string{client.BaseURLSandbox, client.BaseURLProductionUS, client.BaseURLProductionEMEA} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range basePaths(t) {
			if u.Path != path {
				t.Errorf("the client calls %s; the contract's base path is %q", address, path)
			}
		}
	}
}

func TestServerBasePath(t *testing.T) {
	t.Parallel()
	handler := mount(t, newStore())
	for _, path := range basePaths(t) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodDelete, path+"/customers/c1", nil))
		if w.Code != http.StatusUnauthorized {
			t.Errorf("package server responds to DELETE %s/customers/c1 with %d; without keys, want 401", path, w.Code)
		}
	}
}

func TestServerConforms(t *testing.T) {
	t.Parallel()
	impl := newStore()
	exercise(t, conformance.Target{
		Handler: mount(t, impl), Strict: true,
		Credentials: first, SecondAccount: second, NewCustomer: impl.newCustomer,
	})
}

func TestServerSandboxConforms(t *testing.T) {
	t.Parallel()
	s := sandbox.New(t)
	credentials := s.Credentials()
	exercise(t, conformance.Target{
		BaseURL: s.URL(), Strict: true,
		Credentials: credentials, SecondAccount: s.AddAccount(),
		NewCustomer: func(context.Context) (string, error) {
			id := wire.NewUUID()
			s.AddCustomers(credentials.AccountCode, id)
			return id, nil
		},
	})
}

// exercise runs the conformance suite and reports each violation on a line.
func exercise(t *testing.T, target conformance.Target) {
	t.Helper()
	report, err := conformance.Run(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if r.Outcome != conformance.Failed {
			continue
		}
		if len(r.Violations) == 0 {
			t.Errorf("conformance case %s: %s", r.Name, r.Reason)
		}
		for _, v := range r.Violations {
			t.Errorf("conformance case %s: %v", r.Name, v)
		}
	}
	if err := report.Err(); err != nil && !t.Failed() {
		t.Error(err)
	}
}

func TestClientConforms(t *testing.T) {
	t.Parallel()
	checker, err := contract.New(contract.WithStrict(), contract.WithOperations("delete-customer"))
	if err != nil {
		t.Fatal(err)
	}
	impl := newStore()
	s := httptest.NewServer(checker.Handler(t, mount(t, impl)))
	t.Cleanup(s.Close)
	paths := basePaths(t)
	if len(paths) == 0 {
		t.Fatal("the contract has no server")
	}
	c, err := client.New(first,
		client.WithBaseURL(s.URL+paths[0]),
		client.WithHTTPClient(&http.Client{Transport: checker.Transport(t, new(http.Transport))}),
	)
	if err != nil {
		t.Fatal(err)
	}
	id, err := impl.newCustomer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteCustomer(t.Context(), id); err != nil {
		t.Errorf("the client reports an accepted request as a failure: %v", err)
	}
	if err := c.DeleteCustomer(t.Context(), id); !errors.Is(err, client.ErrCustomerNotFound) {
		t.Errorf("the client does not recognize the response for an unknown customer: %v", err)
	}
}

var (
	first = conformance.Credentials{
		AccountCode:      "5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11",
		PublicAPIKey:     "sandbox_public-key-of-first",
		PrivateSecretKey: "private-Secret-key-of-first",
	}
	second = conformance.Credentials{
		AccountCode:      "9d1f8b64-2b1c-4c56-9a8e-6f1d2c3b4a55",
		PublicAPIKey:     "sandbox_public-key-of-second",
		PrivateSecretKey: "private-Secret-key-of-second",
	}
)

// store is an implementation in memory.
type store struct {
	server.Unsupported

	mu        sync.Mutex
	customers map[string]bool // by account code and id
}

func newStore() *store { return &store{customers: map[string]bool{}} }

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
	id := wire.NewUUID()
	s.customers[first.AccountCode+" "+id] = true
	return id, nil
}

func mount(t *testing.T, impl api.StrictServerInterface) http.Handler {
	t.Helper()
	var keys []server.StaticKey
	for _, c := range []conformance.Credentials{first, second} {
		keys = append(keys, server.StaticKey{
			PublicAPIKey: c.PublicAPIKey, SecretSHA256: sha256.Sum256([]byte(c.PrivateSecretKey)), AccountCodes: []string{c.AccountCode},
		})
	}
	auth, err := server.NewStaticKeys(keys...)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := server.New(impl, auth, server.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return handler
}
