package conformance_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/server"
)

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
	for _, c := range []conformance.Credentials{first, second} {
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
	conformance.Exercise(t, func(t *testing.T) conformance.Target {
		impl := &store{customers: map[string]bool{}}
		return conformance.Target{
			Handler: mount(t, impl), Strict: true,
			Credentials: first, SecondAccount: second, NewCustomer: impl.newCustomer,
		}
	})
}

// The generator's own defaults keep little of the contract: errors are text, keys are not
// checked, and unclean paths are redirected.
func TestGeneratedServerIsCaught(t *testing.T) {
	t.Parallel()
	impl := &store{customers: map[string]bool{}}
	report, err := conformance.Run(t.Context(), conformance.Target{
		Handler:     api.HandlerWithOptions(api.NewStrictHandler(impl, nil), api.StdHTTPServerOptions{BaseURL: "/v1"}),
		Credentials: first, SecondAccount: second, NewCustomer: impl.newCustomer,
	})
	if err != nil {
		t.Fatal(err)
	}
	failed := map[string]bool{}
	for _, r := range report.Results {
		failed[r.Name] = r.Outcome == conformance.Failed
	}
	for _, name := range []string{"keys-missing", "key-secret-wrong", "keys-of-another-account", "account-missing", "account-empty", "refusals-change-nothing"} {
		if !failed[name] {
			t.Errorf("%s did not fail", name)
		}
	}
	if failed["accepted"] || failed["not-found"] {
		t.Error("correct responses of the implementation itself were reported")
	}
}
