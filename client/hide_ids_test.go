package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// recordingURLs is middleware as tracing libraries write it: it copies the request,
// adds a header, and records what it can see of the request, response and error.
func recordingURLs(seen *[]string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripFunc(func(req *http.Request) (*http.Response, error) {
			*seen = append(*seen, req.URL.String())
			req = req.Clone(context.WithValue(req.Context(), http.ServerContextKey, "span"))
			req.Header.Set("Traceparent", "00-1")
			resp, err := next.RoundTrip(req)
			if err != nil {
				*seen = append(*seen, err.Error())
				return resp, err
			}
			*seen = append(*seen, resp.Request.URL.String())
			return resp, nil
		})
	}
}

func TestHideIDs(t *testing.T) {
	t.Parallel()
	calls := map[string]struct {
		id   string
		call func(c *client.Client, id string) error
		url  string
	}{
		"Delete":  {customerID, func(c *client.Client, id string) error { return c.DeleteCustomer(t.Context(), id) }, "/v1/customers/REDACTED"},
		"ShortID": {"c", func(c *client.Client, id string) error { return c.DeleteCustomer(t.Context(), id) }, "/v1/customers/REDACTED"},
		"API": {customerID, func(c *client.Client, id string) error {
			_, err := c.API().DeleteCustomerWithResponse(t.Context(), id, nil)
			return err
		}, "/v1/customers/REDACTED"},
		"Retrieve": {customerID, func(c *client.Client, id string) error { _, err := c.Customer(t.Context(), id); return err }, "/v1/customers/REDACTED"},
		"RetrieveByMerchantID": {merchantID, func(c *client.Client, id string) error { _, err := c.CustomerByMerchantID(t.Context(), id); return err },
			"/v1/customers?merchant_customer_id=REDACTED"},
	}
	for name, tc := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, respond(503, ""), func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					respond(200, customerJSON)(w, r)
				} else {
					accept(w, r)
				}
			})
			var seen []string
			c := newClient(t, server.baseURL(), fastRetries(), client.WithMiddleware(client.HideIDs(recordingURLs(&seen))))
			if err := tc.call(c, tc.id); err != nil {
				t.Fatal(err)
			}
			if len(seen) != 4 {
				t.Errorf("got %q, want two URLs for each attempt", seen)
			}
			for _, got := range seen {
				if got != server.URL+tc.url {
					t.Errorf("middleware sees %s, want %s", got, server.URL+tc.url)
				}
			}
			for _, req := range server.requests() {
				sent, _ := url.QueryUnescape(req.RequestURI)
				if !strings.HasSuffix(sent, tc.id) || req.Header.Get("Traceparent") == "" {
					t.Errorf("sent %s %v, want the id and the middleware's header", req.RequestURI, req.Header)
				}
			}
		})
	}
}

// Errors of the network may contain the URL, and tracing records errors.
func TestHideIDsInErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("broken")
	network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL, cause)
	})
	var seen []string
	c := newClient(t, client.BaseURLSandbox, client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: network}),
		client.WithMiddleware(client.HideIDs(recordingURLs(&seen))))
	for _, id := range []string{customerID, "c"} {
		if err := c.DeleteCustomer(t.Context(), id); !errors.Is(err, cause) || !asError(t, err).MayHaveApplied {
			t.Errorf("got %v", err)
		}
	}
	if all := strings.Join(seen, " "); strings.Contains(all, customerID) || strings.Contains(all, "/c:") || strings.Count(all, "broken") != 2 {
		t.Errorf("middleware sees %s", all)
	}
}

// Middleware that consists of other middleware may hide ids twice.
func TestHideIDsTwice(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept)
	var seen []string
	c := newClient(t, server.baseURL(), client.WithMiddleware(client.HideIDs(client.HideIDs(recordingURLs(&seen)))))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil || strings.Contains(strings.Join(seen, " "), customerID) {
		t.Errorf("got %v after middleware saw %q", err, seen)
	}
}

// Hiding the URL does not hide a change of it, or what is sent.
func TestHideIDsKeepsTheChecks(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request) *http.Request{
		"Path":        func(req *http.Request) *http.Request { req.URL.Path = "/v1/customers/other"; return req },
		"Host":        func(req *http.Request) *http.Request { req.URL.Host = "localhost:1"; return req },
		"Method":      func(req *http.Request) *http.Request { req.Method = http.MethodGet; return req },
		"LostContext": func(req *http.Request) *http.Request { return req.WithContext(context.Background()) },
		"Redirect":    func(req *http.Request) *http.Request { req.Response = new(http.Response); return req },
	} {
		server := newYuno(t, accept)
		c := newClient(t, server.baseURL(), client.WithMiddleware(client.HideIDs(func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				return next.RoundTrip(change(req.Clone(req.Context())))
			})
		})))
		e := asError(t, c.DeleteCustomer(t.Context(), customerID))
		if e.Attempts != 1 || e.MayHaveApplied || len(server.requests()) != 0 || !strings.Contains(e.Error(), "middleware") {
			t.Errorf("%s: got %v after %d requests", name, e, len(server.requests()))
		}
	}
	for name, mw := range map[string]func(http.RoundTripper) http.RoundTripper{
		"Nil":        nil,
		"ReturnsNil": func(http.RoundTripper) http.RoundTripper { return nil },
	} {
		if _, err := client.New(creds, client.WithMiddleware(client.HideIDs(mw))); !errors.Is(err, client.ErrInvalidArgument) {
			t.Errorf("%s: got %v, want ErrInvalidArgument", name, err)
		}
	}
}
