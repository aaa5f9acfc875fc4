package client_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/internal/pipenet"
	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

// No response takes longer than the attempt timeout, to whatever call.
func TestEndlessResponses(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *client.Client) error{
		"DeleteCustomer": func(ctx context.Context, c *client.Client) error { return c.DeleteCustomer(ctx, customerID) },
		"Customer": func(ctx context.Context, c *client.Client) error {
			_, err := c.Customer(ctx, customerID)
			return err
		},
		"CustomerByMerchantID": func(ctx context.Context, c *client.Client) error {
			_, err := c.CustomerByMerchantID(ctx, "42")
			return err
		},
	}
	for _, endless := range wiretest.EndlessResponses() {
		for name, call := range calls {
			t.Run(endless.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { checkEndless(t, endless, call) })
			})
		}
	}
}

func checkEndless(t *testing.T, endless wiretest.Endless, call func(context.Context, *client.Client) error) {
	t.Helper()
	const timeout = 7 * time.Second
	listener := pipenet.Listen()
	var requests atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			requests.Add(1)
			go endless.Serve(conn)
		}
	}()
	defer listener.Close()
	over := client.NewTransport()
	over.DialContext = listener.DialContext
	if endless.HTTP2 {
		over.Protocols = new(http.Protocols)
		over.Protocols.SetUnencryptedHTTP2(true)
	}
	c := newClient(t, "http://127.0.0.1/v1", client.WithRetry(0, 0), client.WithAttemptTimeout(timeout), client.WithHTTPClient(&http.Client{Transport: over}))
	start := time.Now()
	err := call(t.Context(), c)
	if took := time.Since(start); took > timeout {
		t.Errorf("took %v, want at most %v", took, timeout)
	}
	if e := (*client.Error)(nil); err == nil || !errors.As(err, &e) {
		t.Errorf("got %v, want a failure", err)
	}
	if requests.Load() != 1 {
		t.Errorf("%d connections, want 1", requests.Load())
	}
	c.CloseIdleConnections()
	time.Sleep(time.Hour) // a connection that is still read would keep the bubble busy
}
