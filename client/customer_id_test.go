package client

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

// acceptingNetwork is a transport that records whether a request reached it.
type acceptingNetwork struct{ called bool }

func (a *acceptingNetwork) RoundTrip(req *http.Request) (*http.Response, error) {
	a.called = true
	return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: req}, nil
}

func TestCustomerIDs(t *testing.T) {
	t.Parallel()
	creds := Credentials{AccountCode: "493e9374-510a-4201-9e09-de669d75f256", PublicAPIKey: "sandbox_public", PrivateSecretKey: "secret"}
	wiretest.TestCustomerIDs(t, func(t *testing.T, id string) bool {
		var network acceptingNetwork
		c, err := New(creds, WithHTTPClient(&http.Client{Transport: &network}))
		if err != nil {
			t.Fatal(err)
		}
		err = c.DeleteCustomer(t.Context(), id)
		if network.called != (err == nil) || network.called != (CheckCustomerID(id) == nil) {
			t.Errorf("DeleteCustomer returned %v, CheckCustomerID %v, and something was sent: %v", err, CheckCustomerID(id), network.called)
		}
		if err != nil && !errors.Is(err, ErrInvalidArgument) {
			t.Errorf("got %v, want ErrInvalidArgument", err)
		}
		if err != nil && len(id) > 2 && strings.Contains(err.Error(), id) {
			t.Errorf("%v repeats the id", err)
		}
		return network.called
	})
}

// An accepted id is one path segment, however often a proxy decodes the path, and
// is the same encoded and plain.
func FuzzCustomerID(f *testing.F) {
	for _, tc := range wiretest.CustomerIDs {
		f.Add(tc.ID)
	}
	template, err := newRequestTemplate("https://api.example.com/v1", "code", http.Header{"User-Agent": {"agent"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if err := CheckCustomerID(id); err != nil {
			if !errors.Is(err, ErrInvalidArgument) {
				t.Errorf("got %v, want ErrInvalidArgument", err)
			}
			return
		}
		req := template.request(id)
		raw := req.URL.EscapedPath()
		if raw != "/v1/customers/"+id {
			t.Errorf("%q became path %q", id, raw)
		}
		if decoded, err := url.PathUnescape(raw); err != nil || decoded != raw {
			t.Errorf("%q decodes to %q, %v", raw, decoded, err)
		}
		if id == "." || id == ".." || strings.ContainsAny(id, "/;") {
			t.Errorf("%q was accepted", id)
		}
		sameAsGenerated(t, template, id)
	})
}
