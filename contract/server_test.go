package contract_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/server"
)

var credentials = client.Credentials{
	AccountCode:      "5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11",
	PublicAPIKey:     "sandbox_public-key",
	PrivateSecretKey: "private-secret-key",
}

func mount(t testing.TB, impl implFunc, opts ...server.Option) http.Handler {
	t.Helper()
	auth, err := server.NewStaticKeys(server.StaticKey{
		PublicAPIKey: credentials.PublicAPIKey,
		SecretSHA256: sha256.Sum256([]byte(credentials.PrivateSecretKey)),
		AccountCodes: []string{credentials.AccountCode},
	})
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]server.Option{server.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	h, err := server.New(service{deleteCustomer: impl}, auth, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

type implFunc func(context.Context) (api.DeleteCustomerResponseObject, error)

// service is an implementation that supports only DeleteCustomer.
type service struct {
	server.Unsupported
	deleteCustomer implFunc
}

func (s service) DeleteCustomer(ctx context.Context, _ api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	return s.deleteCustomer(ctx)
}

// unavailable is a response for which the generator has no type.
type unavailable struct{}

func (unavailable) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", "5")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, err := w.Write([]byte(`{"code":"SERVICE_UNAVAILABLE","messages":["m"]}`))
	return err
}

// Every documented response occurs and is correct. The implementation provokes those that
// requests cannot.
func TestEveryDocumentedResponse(t *testing.T) {
	t.Parallel()
	checker, err := contract.New(contract.WithStrict(), contract.WithOperations("delete-customer"))
	if err != nil {
		t.Fatal(err)
	}
	accept := implFunc(func(context.Context) (api.DeleteCustomerResponseObject, error) {
		return api.DeleteCustomer202Response{}, nil
	})
	right := func(r *http.Request) {
		r.Header.Set("X-Account-Code", credentials.AccountCode)
		r.Header.Set("Public-Api-Key", credentials.PublicAPIKey)
		r.Header.Set("Private-Secret-Key", credentials.PrivateSecretKey)
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
		{status: 403, impl: accept, edit: func(r *http.Request) { r.Header.Set("X-Account-Code", "9d1f8b64-2b1c-4c56-9a8e-6f1d2c3b4a55") }},
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

// The client keeps the contract, and so does the server.
func TestClientConforms(t *testing.T) {
	t.Parallel()
	checker, err := contract.New(contract.WithStrict(), contract.WithOperations("delete-customer"))
	if err != nil {
		t.Fatal(err)
	}
	gone := false
	impl := implFunc(func(context.Context) (api.DeleteCustomerResponseObject, error) {
		if gone {
			return api.DeleteCustomer400JSONResponse{Code: "CUSTOMER_NOT_FOUND", Messages: []string{"Customer not found."}}, nil
		}
		gone = true
		return api.DeleteCustomer202Response{}, nil
	})
	s := httptest.NewServer(checker.Handler(t, mount(t, impl)))
	t.Cleanup(s.Close)
	c, err := client.New(
		credentials,
		client.WithBaseURL(s.URL+"/v1"),
		client.WithHTTPClient(&http.Client{Transport: checker.Transport(t, new(http.Transport))}),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteCustomer(t.Context(), "c1"); err != nil {
		t.Error(err)
	}
	if err := c.DeleteCustomer(t.Context(), "c1"); !errors.Is(err, client.ErrCustomerNotFound) {
		t.Errorf("got error %v, want %v", err, client.ErrCustomerNotFound)
	}
	for _, r := range checker.Coverage().Responses {
		if want := map[int]int64{202: 2, 400: 2}[r.Status]; r.Seen != want { // seen from both sides
			t.Errorf("%d seen %d times, want %d", r.Status, r.Seen, want)
		}
	}
}
