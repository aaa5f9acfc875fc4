package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// Middleware that retries by itself hides responses. An ambiguous one among them
// makes the call ambiguous.
func TestMiddlewareThatRetries(t *testing.T) {
	t.Parallel()
	twice := func(next http.RoundTripper) http.RoundTripper {
		return roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			return next.RoundTrip(req)
		})
	}
	for name, tc := range map[string]struct {
		first     http.HandlerFunc
		ambiguous bool
	}{
		"Lost":        {lose, true},
		"Unavailable": {respond(503, ""), true},
		"Timeout":     {respond(408, ""), true},
		"OK":          {respond(200, ""), true},
		"Accepted":    {accept, true},
		"RateLimit":   {respond(429, ""), false},
		"Refused":     {respond(401, ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, newYuno(t, tc.first, notFound).baseURL(), fastRetries(), client.WithMiddleware(twice))
			err := c.DeleteCustomer(t.Context(), customerID)
			if e := asError(t, err); !errors.Is(err, client.ErrCustomerNotFound) || e.MayHaveApplied != tc.ambiguous {
				t.Errorf("got %v with MayHaveApplied %v, want ErrCustomerNotFound with %v", err, e.MayHaveApplied, tc.ambiguous)
			}
			_, err = newClient(t, newYuno(t, tc.first, notFound).baseURL(), fastRetries(), client.WithMiddleware(twice)).
				API().DeleteCustomerWithResponse(t.Context(), customerID, nil)
			if got := errors.Is(err, client.ErrCustomerNotFound); got != tc.ambiguous {
				t.Errorf("API: got %v, want an *Error only for what the generated type cannot express", err)
			}
		})
	}
	t.Run("WithoutWaiting", func(t *testing.T) {
		t.Parallel()
		arrived, leave := make(chan struct{}), make(chan struct{})
		network := roundTripFunc(func(*http.Request) (*http.Response, error) {
			close(arrived)
			<-leave
			return nil, io.EOF
		})
		c := newClient(t, client.BaseURLSandbox, client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: network}),
			client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return roundTripFunc(func(req *http.Request) (*http.Response, error) {
					go func() { _, _ = next.RoundTrip(req) }()
					<-arrived
					return nil, errors.New("too slow")
				})
			}))
		defer close(leave)
		if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); !e.MayHaveApplied {
			t.Errorf("got %v, want a request in flight to be ambiguous", e)
		}
	})
	t.Run("WithAnotherRequest", func(t *testing.T) {
		t.Parallel()
		for name, change := range map[string]func(*http.Request) *http.Request{
			"Changed":     func(req *http.Request) *http.Request { req.Method = http.MethodGet; return req },
			"LostContext": func(req *http.Request) *http.Request { return req.WithContext(context.Background()) },
		} {
			server := newYuno(t, respond(429, ""))
			c := newClient(t, server.baseURL(), fastRetries(), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return roundTripFunc(func(req *http.Request) (*http.Response, error) {
					resp, err := next.RoundTrip(req)
					if err == nil {
						_ = resp.Body.Close()
					}
					return next.RoundTrip(change(req))
				})
			}))
			e := asError(t, c.DeleteCustomer(t.Context(), customerID))
			if e.Attempts != 1 || e.MayHaveApplied || len(server.requests()) != 1 || !strings.Contains(e.Error(), "middleware") {
				t.Errorf("%s: got %v after %d attempts and %d requests, want a final error", name, e, e.Attempts, len(server.requests()))
			}
		}
	})
}
