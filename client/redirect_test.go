package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// followRedirects returns an http.Client as a RoundTripper, as retrying clients do:
// it follows redirects.
func followRedirects(next http.RoundTripper) http.RoundTripper {
	hc := &http.Client{Transport: next}
	return roundTripFunc(hc.Do)
}

// gateway redirects every erasure to a page that responds with 202 to any request.
func gateway(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/login" {
			http.Redirect(w, r, "/login", status)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

func TestMiddlewareThatFollowsRedirects(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 307} {
		server := newYuno(t, gateway(status))
		c := newClient(t, server.baseURL(), fastRetries(), client.WithMiddleware(followRedirects))
		err := c.DeleteCustomer(t.Context(), customerID)
		if e := asError(t, err); !errors.Is(err, client.ErrRedirect) || e.MayHaveApplied || e.Attempts != 1 {
			t.Errorf("%d: got %v after %d attempts, MayHaveApplied %v; want one plain ErrRedirect", status, err, e.Attempts, e.MayHaveApplied)
		}
		if got := len(server.requests()); got != 1 {
			t.Errorf("%d: %d requests went out, want the erasure alone", status, got)
		}
	}
	t.Run("ToTheSameURL", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}, accept)
		c := newClient(t, server.baseURL(), client.WithMiddleware(followRedirects))
		if err := c.DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrRedirect) || len(server.requests()) != 1 {
			t.Errorf("got %v after %d requests, want ErrRedirect after 1", err, len(server.requests()))
		}
	})
}

// The caller's transport has the keys. What it does with them is detected too late
// to prevent it, but is never taken for an accepted erasure.
func TestTransportThatFollowsRedirects(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, server *yuno, network http.RoundTripper) {
		t.Helper()
		c := newClient(t, server.baseURL(), fastRetries(), client.WithHTTPClient(&http.Client{Transport: network}))
		var resp client.Response
		err := c.DeleteCustomer(t.Context(), customerID, client.WithResponse(&resp))
		if e := asError(t, err); !errors.Is(err, client.ErrRedirect) || !e.MayHaveApplied || e.Attempts != 1 || resp.StatusCode != 0 {
			t.Errorf("got %v with status %d after %d attempts, MayHaveApplied %v; want one ambiguous ErrRedirect", err, resp.StatusCode, e.Attempts, e.MayHaveApplied)
		}
	}
	t.Run("ToGET", func(t *testing.T) {
		t.Parallel()
		check(t, newYuno(t, gateway(302)), followRedirects(nil))
	})
	t.Run("ToAnotherHost", func(t *testing.T) {
		t.Parallel()
		other := newYuno(t, accept)
		elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/v1/customers/" + customerID
		check(t, newYuno(t, respond(308, "", "Location", elsewhere)), followRedirects(nil))
	})
	t.Run("ToTheSameURL", func(t *testing.T) {
		t.Parallel()
		again := func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}
		check(t, newYuno(t, again, accept), followRedirects(nil))
	})
	t.Run("ByHand", func(t *testing.T) {
		t.Parallel()
		check(t, newYuno(t, gateway(302)), roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := ownClient().Transport.RoundTrip(req)
			if err != nil || resp.StatusCode != 302 {
				return resp, err
			}
			_ = resp.Body.Close()
			req.URL.Path = resp.Header.Get("Location") // changes the request, which it must not
			return ownClient().Transport.RoundTrip(req)
		}))
	})
}

// A layer that changes the request of one attempt does not affect the next.
func TestEachAttemptHasItsOwnURL(t *testing.T) {
	t.Parallel()
	spoil := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		resp, err := ownClient().Transport.RoundTrip(req)
		req.URL.Path = "/spoilt"
		if err == nil {
			resp.Request = nil // as if it had not changed the request
		}
		return resp, err
	})
	for name, opt := range map[string]client.Option{
		"Transport": client.WithHTTPClient(&http.Client{Transport: spoil}),
		"Middleware": client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(req)
				req.URL.Path = "/spoilt"
				return resp, err
			})
		}),
	} {
		server := newYuno(t, respond(429, ""))
		_ = newClient(t, server.baseURL(), fastRetries(), opt).DeleteCustomer(t.Context(), customerID)
		if got := len(server.requests()); got != 3 {
			t.Errorf("%s: got %d requests, want 3", name, got)
		}
		for i, req := range server.requests() {
			if req.URL.Path != "/v1/customers/"+customerID {
				t.Errorf("%s: request %d went to %s", name, i, req.URL.Path)
			}
		}
	}
}

// A transport does not have to set Response.Request.
func TestResponseWithoutRequest(t *testing.T) {
	t.Parallel()
	network := roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusAccepted}, nil
	})
	c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network}))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}
