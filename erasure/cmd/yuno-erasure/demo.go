package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

// What the demo's customer and account are called. The keys name no real
// account.
const (
	demoAccount  = "493e9374-510a-4201-9e09-de669d75f256"
	demoCustomer = "faad7cc5-7a31-4b4a-92fd-98a3d8aa3d3f"
	demoPublic   = "sandbox_demo_public_key"
)

type demoCommand struct {
	Port int `help:"Loopback port to serve on; 0 picks a free one." default:"0"`
}

// Help is shown by demo --help.
func (demoCommand) Help() string {
	return "Everything happens on this machine, on a loopback port: nothing is sent to Yuno, and the demo ends by itself."
}

// Run serves an in-memory Yuno and deletes its one customer twice: the first
// time it is accepted, the second time there is no such customer.
func (c demoCommand) Run(ctx context.Context, stdout io.Writer) error {
	yuno := &memory{customers: map[string]string{demoCustomer: demoAccount}}
	baseURL, stop, err := serveDemo(ctx, c.Port, yuno)
	if err != nil {
		return err
	}
	defer stop()
	client, err := api.NewClientWithResponses(baseURL,
		api.WithHTTPClient(&http.Client{Transport: narrator{stdout, http.DefaultTransport}, Timeout: 10 * time.Second}),
		api.WithRequestEditorFn(addKeys(demoPublic, rand.Text())))
	if err != nil {
		return err
	}

	fmt.Fprintf(stdout, "An in-memory Yuno with one customer listens on %s\n", baseURL)
	for _, step := range []struct {
		heading string
		status  int
		meaning string
	}{
		{"Erase the customer", http.StatusAccepted, "Accepted: Yuno erases the customer and asks the payment providers to do the same."},
		{"Erase the same customer again", http.StatusBadRequest, "There is no such customer any more."},
	} {
		fmt.Fprintf(stdout, "\n%s\n", step.heading)
		answer, err := client.DeleteCustomerWithResponse(ctx, demoCustomer, &api.DeleteCustomerParams{AccountCode: demoAccount})
		if err != nil {
			return fmt.Errorf("deleting the demo's customer: %w", err)
		}
		if answer.StatusCode() != step.status {
			return fmt.Errorf("the demo's server answered %s, want %d", answer.Status(), step.status)
		}
		fmt.Fprintf(stdout, "  %s\n", step.meaning)
	}
	return nil
}

// addKeys returns an editor that puts the API keys on a request.
func addKeys(public, secret string) api.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("public-api-key", public)
		r.Header.Set("private-secret-key", secret)
		return nil
	}
}

// serveDemo serves the implementation on a loopback port until stop is called.
func serveDemo(ctx context.Context, port int, impl api.StrictServerInterface) (baseURL string, stop func(), err error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", nil, fmt.Errorf("serving the demo: %w (--port 0 picks a free port)", err)
	}
	server := &http.Server{
		Handler:           api.HandlerWithOptions(api.NewStrictHandler(impl, nil), api.StdHTTPServerOptions{BaseURL: "/v1"}),
		ReadHeaderTimeout: 5 * time.Second,
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // always ErrServerClosed: stop closes it
	return "http://" + listener.Addr().String() + "/v1", func() {
		_ = server.Close()
		serving.Wait()
	}, nil
}

var _ api.StrictServerInterface = (*memory)(nil)

// memory is a Yuno in a map from customer to account.
type memory struct {
	mu        sync.Mutex
	customers map[string]string
}

// DeleteCustomer accepts the delete of a customer that the account has.
func (m *memory) DeleteCustomer(_ context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if account, ok := m.customers[r.CustomerID]; !ok || account != r.Params.AccountCode {
		return api.DeleteCustomer400JSONResponse{Code: "CUSTOMER_NOT_FOUND", Messages: []string{"Customer not found."}}, nil
	}
	delete(m.customers, r.CustomerID)
	return api.DeleteCustomer202Response{}, nil
}

// narrator prints each request and its answer. The secret key is never shown,
// not even one of a demo.
type narrator struct {
	out  io.Writer
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (n narrator) RoundTrip(r *http.Request) (*http.Response, error) {
	fmt.Fprintf(n.out, "  > %s %s\n", r.Method, r.URL.Path)
	for _, name := range []string{"x-account-code", "public-api-key", "private-secret-key"} {
		value := r.Header.Get(name)
		if name == "private-secret-key" {
			value = strings.Repeat("*", 8)
		}
		fmt.Fprintf(n.out, "  > %s: %s\n", name, value)
	}
	answer, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(strings.NewReader(string(body)))
	fmt.Fprintf(n.out, "  < %s\n", answer.Status)
	if len(body) > 0 {
		fmt.Fprintf(n.out, "  < %s\n", strings.TrimSpace(string(body)))
	}
	return answer, nil
}
