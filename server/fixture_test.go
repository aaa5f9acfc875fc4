package server_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

const (
	account      = "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11"
	otherAccount = "8a6d2c44-1f5b-4f77-8f0d-3c2b1a09f8e7"
	customer     = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f"
	path         = "/v1/customers/" + customer
	publicKey    = "sandbox_public"
	secretKey    = "sandbox_secret_of_the_tests"
	otherPublic  = "sandbox_other_public"
	otherSecret  = "sandbox_other_secret_of_the_tests"
)

// implFunc is an implementation of DeleteCustomer.
type implFunc func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error)

// service is an implementation that supports only DeleteCustomer.
type service struct {
	server.Unsupported
	deleteCustomer implFunc
}

func (s service) DeleteCustomer(ctx context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	return s.deleteCustomer(ctx, r)
}

func accepting(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	return api.DeleteCustomer202Response{}, nil
}

func returning(response api.DeleteCustomerResponseObject, err error) implFunc {
	return func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		return response, err
	}
}

// authFunc is an authenticator in one function.
type authFunc func(context.Context, server.Keys) (server.Principal, error)

var _ server.Authenticator = authFunc(nil)

func (f authFunc) Authenticate(ctx context.Context, keys server.Keys) (server.Principal, error) {
	return f(ctx, keys)
}

// twoKeys returns an authenticator for two pairs of keys, each with its own account.
func twoKeys(t testing.TB) *server.StaticKeys {
	t.Helper()
	keys, err := server.NewStaticKeys(
		server.StaticKey{PublicAPIKey: publicKey, SecretSHA256: sha256.Sum256([]byte(secretKey)), AccountCodes: []string{account}},
		server.StaticKey{PublicAPIKey: otherPublic, SecretSHA256: sha256.Sum256([]byte(otherSecret)), AccountCodes: []string{otherAccount}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// mount returns the handler under test, whose implementation supports only
// DeleteCustomer. It logs nothing unless opts set a logger.
func mount(t testing.TB, impl implFunc, opts ...server.Option) http.Handler {
	t.Helper()
	return mountService(t, service{deleteCustomer: impl}, opts...)
}

// mountService returns the handler under test for all operations.
func mountService(t testing.TB, impl api.StrictServerInterface, opts ...server.Option) http.Handler {
	t.Helper()
	opts = append([]server.Option{server.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	h, err := server.New(impl, twoKeys(t), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// request returns a request that the handler passes to the implementation, changed by
// edit.
func request(method, target string, edit func(*http.Request)) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("X-Account-Code", account)
	r.Header.Set("Public-Api-Key", publicKey)
	r.Header.Set("Private-Secret-Key", secretKey)
	if edit != nil {
		edit(r)
	}
	return r
}

// response is an HTTP response, read to its end.
type response struct {
	status int
	header http.Header
	body   string
}

func do(h http.Handler, r *http.Request) response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return response{status: w.Code, header: w.Result().Header, body: w.Body.String()}
}

func readResponse(t *testing.T, resp *http.Response) response {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the response: %v", err)
	}
	return response{status: resp.StatusCode, header: resp.Header, body: string(body)}
}

// code returns the code in an error body of the contract: JSON with both fields and
// nothing else. For any other body it returns "".
func (r response) code() string {
	var body map[string]json.RawMessage
	var e api.Error
	if r.header.Get("Content-Type") != "application/json" ||
		json.Unmarshal([]byte(r.body), &body) != nil || len(body) != 2 ||
		json.Unmarshal([]byte(r.body), &e) != nil || len(e.Messages) == 0 || e.Messages[0] == "" {
		return ""
	}
	return e.Code
}

func (r response) want(t *testing.T, status int, code string) {
	t.Helper()
	if r.status != status || r.code() != code {
		t.Errorf("got %d %q (%s), want %d %q", r.status, r.code(), r.body, status, code)
	}
	if r.header.Get("X-Request-Id") == "" {
		t.Error("no X-Request-Id")
	}
	if code == "" && (r.body != "" || r.header.Get("Content-Type") != "") {
		t.Errorf("got body %q of type %q, want none", r.body, r.header.Get("Content-Type"))
	}
}
