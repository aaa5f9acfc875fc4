package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// The texts of an error do not contain the customer id, wherever a server or a
// transport puts it.
func TestErrorsDoNotNameTheCustomer(t *testing.T) {
	t.Parallel()
	const id = "jane:doe=1-example"
	reply := func(status int, body string) roundTripFunc {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	fail := func(err func(req *http.Request) error) roundTripFunc {
		return func(req *http.Request) (*http.Response, error) { return nil, err(req) }
	}
	givingUp := func(req *http.Request) error {
		return fmt.Errorf("%s %s giving up after 1 attempt(s): %w", req.Method, req.URL, io.EOF)
	}
	nested := func(req *http.Request) error {
		inner := &url.Error{Op: "Delete", URL: req.URL.String() + "?page=1", Err: io.EOF}
		outer := &url.Error{Op: "Get", URL: "https://other.example/jane", Err: fmt.Errorf("again: %w", inner)}
		return fmt.Errorf("proxy: %w", outer)
	}
	for name, tc := range map[string]struct {
		id      string
		network roundTripFunc
		want    error
	}{
		"Message":       {id, reply(400, `{"code":"CUSTOMER_NOT_FOUND","messages":["customer `+id+` not found"]}`), client.ErrCustomerNotFound},
		"Code":          {id, reply(400, `{"code":"no `+id+`"}`), client.ErrBadRequest},
		"Body":          {id, reply(502, `<html>`+id), client.ErrServer},
		"EscapedInBody": {id, reply(502, `<a href="/customers/`+url.PathEscape(id)+`?q=`+url.QueryEscape(id)+`">`), client.ErrServer},
		"TransportText": {id, fail(givingUp), io.EOF},
		"ShortID":       {"jane", fail(givingUp), io.EOF},
		"NestedURLs":    {"jane", fail(nested), io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, client.BaseURLSandbox, client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: tc.network}))
			err := c.DeleteCustomer(t.Context(), tc.id)
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			e := asError(t, err)
			texts := fmt.Sprint(e.Code, e.Messages)
			for link := err; link != nil; link = errors.Unwrap(link) {
				texts += link.Error()
			}
			if strings.Contains(texts, "jane") || strings.Contains(texts, "https://") || !strings.Contains(texts, "[redacted]") {
				t.Errorf("got %s", texts)
			}
		})
	}
}

func TestErrorsStillMatchTheirCause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		cancel()
		return nil, fmt.Errorf("proxy: %w", &url.Error{Op: "Delete", URL: req.URL.String(), Err: io.ErrUnexpectedEOF})
	})
	err := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network})).DeleteCustomer(ctx, customerID)
	var inner *url.Error
	if !errors.Is(err, context.Canceled) || !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || !errors.As(err, &inner) {
		t.Errorf("got %v, want it to match what it wraps", err)
	}
}

// Programs compare codes and read bodies, so an id that is also a word of Yuno's
// does not change them.
func TestRedactionKeepsCodesAndBodies(t *testing.T) {
	t.Parallel()
	c := newClient(t, newYuno(t, notFound).baseURL())
	for _, id := range []string{"CUSTOMER_NOT_FOUND", "messages"} {
		err := c.DeleteCustomer(t.Context(), id)
		if e := asError(t, err); !errors.Is(err, client.ErrCustomerNotFound) || e.Code != "CUSTOMER_NOT_FOUND" || string(e.Body) != notFoundBody {
			t.Errorf("%s: got %v with code %q and body %s", id, err, e.Code, e.Body)
		}
	}
	err := c.DeleteCustomer(t.Context(), "not") // too short to redact
	if e := asError(t, err); len(e.Messages) != 1 || e.Messages[0] != "Customer not found." {
		t.Errorf("got %q", e.Messages)
	}
	if _, err := json.Marshal(err); err != nil {
		t.Error(err)
	}
}
