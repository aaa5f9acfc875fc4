package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

// A transport that hides its connections may have sent the request, and one that tries
// more than once may have sent the first.
func TestSentUnlessKnown(t *testing.T) {
	t.Parallel()
	lost := newYuno(t, lose)
	for name, network := range map[string]roundTripFunc{
		"WithoutTrace": func(*http.Request) (*http.Response, error) { return nil, errors.New("handshake failed") },
		"Lost":         func(*http.Request) (*http.Response, error) { return nil, io.EOF },
		"LostContext": func(req *http.Request) (*http.Response, error) {
			over := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route") }}
			return over.RoundTrip(req.WithContext(context.Background()))
		},
		"SecondTryOfTheTransport": func(req *http.Request) (*http.Response, error) {
			_, _ = ownClient().Transport.RoundTrip(req)
			over := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
			}}
			return over.RoundTrip(req)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, lost.baseURL(), client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: network}))
			if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); !e.MayHaveApplied || strings.Contains(e.Error(), "check") {
				t.Errorf("got %v, want MayHaveApplied and no hint", e)
			}
		})
	}
	t.Run("WithTrace", func(t *testing.T) {
		t.Parallel()
		over := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route") }}
		network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := over.RoundTrip(req)
			if err != nil {
				err = fmt.Errorf("tenant 7: %w", err)
			}
			return resp, err
		})
		c := newClient(t, client.BaseURLSandbox, client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: network}))
		if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); e.MayHaveApplied {
			t.Errorf("got %v with MayHaveApplied, want the wrapped transport's word", e)
		}
	})
}

// A transport that retries by itself hides responses, and what it returns is about its
// last request.
func TestTransportThatRetries(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]http.HandlerFunc{"Lost": lose, "Unavailable": respond(503, "")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, first, notFound)
			network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
				if resp, err := ownClient().Transport.RoundTrip(req); err == nil {
					_ = resp.Body.Close()
				}
				return ownClient().Transport.RoundTrip(req)
			})
			c := newClient(t, server.baseURL(), client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: network}))
			e := asError(t, c.DeleteCustomer(t.Context(), customerID))
			if !errors.Is(e, client.ErrCustomerNotFound) || !e.MayHaveApplied || len(server.requests()) != 2 {
				t.Errorf("got %v with MayHaveApplied %v after %d requests", e, e.MayHaveApplied, len(server.requests()))
			}
		})
	}
}

// An *http.Client inside a transport still tells, and has an error of its own for a
// server that does not speak TLS.
func TestNotSentThroughHTTPClient(t *testing.T) {
	t.Parallel()
	baseURL := "https://" + listen(t, say("HTTP/1.1 400 Bad Request\r\n\r\n"))
	network := roundTripFunc(func(req *http.Request) (*http.Response, error) { return ownClient().Do(req) })
	c := newClient(t, baseURL, fastRetries(), client.WithHTTPClient(&http.Client{Transport: network}))
	checkNotSent(t, c.DeleteCustomer(t.Context(), customerID), connectCase{want: client.ErrTLS, attempts: 1, hint: "does not speak TLS"})
}

// A request that waits for a connection of another is not sent.
func TestNotSentWhileWaitingForAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, over := newPipedYuno(t, hang)
		over.Transport.(*http.Transport).MaxConnsPerHost = 1
		c := newClient(t, server.baseURL(), client.WithRetry(0, 0), client.WithHTTPClient(over))
		var first sync.WaitGroup
		first.Go(func() {
			if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); !e.MayHaveApplied {
				t.Errorf("first: got %v, want MayHaveApplied", e)
			}
		})
		synctest.Wait() // it has the only connection
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if e := asError(t, c.DeleteCustomer(ctx, customerID)); e.MayHaveApplied || len(server.requests()) != 1 {
			t.Errorf("second: got %v with MayHaveApplied %v after %d requests", e, e.MayHaveApplied, len(server.requests()))
		}
		first.Wait()
	})
}

// net/http rejects such a request itself, before it looks for a connection.
func TestRequestThatNetHTTPRejects(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept)
	c := newClient(t, server.baseURL(), fastRetries(), client.WithMiddleware(watch(func(req *http.Request) {
		req.Header.Set("X-Team", "a\r\nb")
	})))
	if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); e.MayHaveApplied || e.Attempts != 1 || len(server.requests()) != 0 {
		t.Errorf("got %v after %d attempts with MayHaveApplied %v", e, e.Attempts, e.MayHaveApplied)
	}
}
