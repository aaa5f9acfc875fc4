package client_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// net/http takes another connection if nothing could be written to an idle one. The
// server has not seen the request that was repeated, so a customer that is not found
// was not erased by it.
func TestIdleConnectionThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept, respond(400, notFoundBody))
	over := client.NewTransport()
	dial := over.DialContext
	var dials atomic.Int32
	over.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if dials.Add(1) > 1 {
			return conn, err
		}
		return &oneWrite{Conn: conn}, err
	}
	c := newClient(t, server.baseURL(), client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: over}))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
		t.Fatal(err)
	}
	err := c.DeleteCustomer(t.Context(), "other")
	if e := asError(t, err); !errors.Is(err, client.ErrCustomerNotFound) || e.MayHaveApplied || dials.Load() != 2 {
		t.Errorf("got %v with MayHaveApplied %v after %d dials", err, e.MayHaveApplied, dials.Load())
	}
}

// oneWrite is a connection on which one write succeeds.
type oneWrite struct {
	net.Conn
	writes atomic.Int32
}

func (c *oneWrite) Write(p []byte) (int, error) {
	if c.writes.Add(1) > 1 {
		return 0, errors.New("broken pipe")
	}
	return c.Conn.Write(p)
}
