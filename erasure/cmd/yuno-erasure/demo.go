package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
	"github.com/yuno-community/yuno-customers/server"
)

// demoCustomer is the customer that the demo erases.
const demoCustomer = "faad7cc5-7a31-4b4a-92fd-98a3d8aa3d3f"

// demoAccount names no real account. The secret key is random.
const (
	demoAccount   = "493e9374-510a-4201-9e09-de669d75f256"
	demoPublicKey = "sandbox_demo_public_key"
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
	creds := demoCredentials()
	sb, err := sandbox.Open(sandbox.InMemory(), sandbox.WithCredentials(sandbox.Credentials(creds)), sandbox.WithCustomers(demoCustomer))
	if err != nil {
		return err
	}
	defer sb.Close()
	baseURL, stop, err := serveLoopback(ctx, c.Port, sb)
	if err != nil {
		return err
	}
	defer stop()
	yuno, err := client.New(creds, client.WithBaseURL(baseURL), client.WithMiddleware(narrate(stdout)))
	if err != nil {
		return err
	}
	defer yuno.CloseIdleConnections()

	fmt.Fprintf(stdout, "An in-memory Yuno with one customer listens on %s\n", baseURL)
	fmt.Fprint(stdout, "\nErase the customer\n")
	if err := yuno.DeleteCustomer(ctx, demoCustomer); err != nil {
		return err
	}
	fmt.Fprint(stdout, "  Accepted: Yuno erases the customer and asks the payment providers to do the same.\n")

	fmt.Fprint(stdout, "\nErase the same customer again\n")
	err = yuno.DeleteCustomer(ctx, demoCustomer)
	if !errors.Is(err, client.ErrCustomerNotFound) {
		return fmt.Errorf("the second delete was to find no customer: %w", err)
	}
	fmt.Fprintf(stdout, "  There is no such customer any more: %v\n", err)
	return nil
}

// demoCredentials are those of an account that exists in the demo only.
func demoCredentials() client.Credentials {
	return client.Credentials{AccountCode: demoAccount, PublicAPIKey: demoPublicKey, PrivateSecretKey: newSecret("sandbox_")}
}

// serveLoopback serves the handler on a loopback port until stop is called.
func serveLoopback(ctx context.Context, port int, handler http.Handler) (baseURL string, stop func(), err error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", nil, fmt.Errorf("serving on loopback: %w (--port 0 picks a free port)", err)
	}
	serveCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(serveCtx, listener, handler) }) // ends when stop cancels it
	return "http://" + listener.Addr().String() + "/v1", func() {
		cancel()
		serving.Wait()
	}, nil
}

// narrate returns middleware that prints each request and its answer. The client
// adds the keys behind it, so it cannot print them.
func narrate(out io.Writer) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return narrator{out, next} }
}

type narrator struct {
	out  io.Writer
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (n narrator) RoundTrip(r *http.Request) (*http.Response, error) {
	fmt.Fprintf(n.out, "  > %s %s\n", r.Method, r.URL.Path)
	fmt.Fprintf(n.out, "  > x-account-code: %s\n", r.Header.Get("x-account-code"))
	fmt.Fprint(n.out, "  > public-api-key and private-secret-key: added by the client, last\n")
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
