package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
)

func TestAPI(t *testing.T) {
	t.Parallel()
	call := func(t *testing.T, server *yuno, p *api.DeleteCustomerParams, editors ...api.RequestEditorFn) (*api.DeleteCustomerResponse, error) {
		t.Helper()
		c := newClient(t, server.baseURL(), fastRetries(), client.WithUserAgent("acme/1"))
		return c.API().DeleteCustomerWithResponse(t.Context(), customerID, p, editors...)
	}
	t.Run("SendsTheSameRequest", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, accept)
		c := newClient(t, server.baseURL(), client.WithUserAgent("acme/1"))
		if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
			t.Fatal(err)
		}
		if resp, err := call(t, server, params); err != nil || resp.StatusCode() != http.StatusAccepted {
			t.Fatalf("got %v, %v, want 202", resp, err)
		}
		ours, generated := server.requests()[0], server.requests()[1]
		if generated.Method != ours.Method || generated.RequestURI != ours.RequestURI || len(generated.Header) != len(ours.Header) {
			t.Errorf("got %s %s %v, want %s %s %v", generated.Method, generated.RequestURI, generated.Header, ours.Method, ours.RequestURI, ours.Header)
		}
		for name := range ours.Header {
			if got, want := generated.Header.Get(name), ours.Header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	})
	t.Run("OtherAccountCode", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, accept)
		if _, err := call(t, server, &api.DeleteCustomerParams{AccountCode: "other"}); err != nil {
			t.Fatal(err)
		}
		if got := server.requests()[0].Header.Get("x-account-code"); got != "other" {
			t.Errorf("got account code %q, want other", got)
		}
	})
	t.Run("BadAccountCode", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, accept)
		if _, err := call(t, server, &api.DeleteCustomerParams{AccountCode: "a b"}); !errors.Is(err, client.ErrInvalidArgument) || len(server.requests()) != 0 {
			t.Errorf("got %v after %d requests, want ErrInvalidArgument", err, len(server.requests()))
		}
	})
	t.Run("DocumentedErrorIsTyped", func(t *testing.T) {
		t.Parallel()
		for _, status := range []int{400, 401, 403, 500, 504} {
			resp, err := call(t, newYuno(t, respond(status, `{"code":"SOME_CODE","messages":["m"]}`)), nil)
			if err != nil || resp.StatusCode() != status {
				t.Fatalf("%d: got %v, %v", status, resp, err)
			}
			typed := map[int]*api.Error{400: resp.JSON400, 401: resp.JSON401, 403: resp.JSON403, 500: resp.JSON500, 504: resp.JSON504}[status]
			if typed == nil || typed.Code != "SOME_CODE" {
				t.Errorf("%d: got %v, want SOME_CODE", status, typed)
			}
			if showsKey(strings.Join(resp.HTTPResponse.Request.Header.Values("private-secret-key"), "")) {
				t.Errorf("%d: the response's request contains a key", status)
			}
		}
	})
	t.Run("OtherFormOfErrorIsDecoded", func(t *testing.T) {
		t.Parallel()
		_, err := call(t, newYuno(t, respond(400, `{"error":{"code":"CUSTOMER_NOT_FOUND"}}`)), nil)
		if !errors.Is(err, client.ErrCustomerNotFound) {
			t.Errorf("got %v, want ErrCustomerNotFound", err)
		}
	})
	t.Run("RetriesUntilAccepted", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server, over := newPipedYuno(t, lose, hang, accept)
			c := newClient(t, server.baseURL(), client.WithHTTPClient(over))
			resp, err := c.API().DeleteCustomerWithResponse(t.Context(), customerID, nil)
			if err != nil || resp.StatusCode() != http.StatusAccepted || len(server.requests()) != 3 {
				t.Errorf("got %v, %v after %d requests, want 202 after 3", resp, err, len(server.requests()))
			}
		})
	})
	t.Run("204", func(t *testing.T) {
		t.Parallel()
		if resp, err := call(t, newYuno(t, respond(204, "")), nil); err != nil || resp.StatusCode() != http.StatusNoContent {
			t.Errorf("got %v, %v, want 204", resp, err)
		}
	})
	t.Run("NoResponse", func(t *testing.T) {
		t.Parallel()
		_, err := call(t, newYuno(t, lose), nil)
		if e := asError(t, err); e.StatusCode != 0 || e.Attempts != 3 || !e.MayHaveApplied {
			t.Errorf("got status %d after %d attempts", e.StatusCode, e.Attempts)
		}
	})
	t.Run("EditorsMayAddHeaders", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, accept)
		_, err := call(t, server, nil, func(_ context.Context, req *http.Request) error {
			req.Header.Set("X-Trace", "t1")
			return nil
		})
		if err != nil || server.requests()[0].Header.Get("X-Trace") != "t1" {
			t.Errorf("got %v, want the header sent", err)
		}
	})
	t.Run("EditorsMayAddNothingElse", func(t *testing.T) {
		t.Parallel()
		for name, edit := range map[string]func(*http.Request){
			"Method":         func(req *http.Request) { req.Method = http.MethodGet },
			"Path":           func(req *http.Request) { req.URL.Path = "/v1/" },
			"Query":          func(req *http.Request) { req.URL.RawQuery = "a=b" },
			"Host":           func(req *http.Request) { req.URL.Host = "localhost:1" },
			"HostHeader":     func(req *http.Request) { req.Host = "other.example" },
			"Body":           func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader("{}")) },
			"NoAccount":      func(req *http.Request) { req.Header.Del("x-account-code") },
			"OtherAccount":   func(req *http.Request) { req.Header.Set("x-account-code", "other") },
			"SecondAccount":  func(req *http.Request) { req.Header.Add("x-account-code", "other") },
			"SecondSpelling": func(req *http.Request) { req.Header["x-account-code"] = []string{"other"} },
		} {
			server := newYuno(t, accept)
			_, err := call(t, server, nil, func(_ context.Context, req *http.Request) error { edit(req); return nil })
			if !errors.Is(err, client.ErrInvalidArgument) || len(server.requests()) != 0 {
				t.Errorf("%s: got %v after %d requests, want ErrInvalidArgument", name, err, len(server.requests()))
			}
		}
	})
	t.Run("EditorsMayFail", func(t *testing.T) {
		t.Parallel()
		errMine := errors.New("mine")
		server := newYuno(t, accept)
		if _, err := call(t, server, nil, func(context.Context, *http.Request) error { return errMine }); !errors.Is(err, errMine) || len(server.requests()) != 0 {
			t.Errorf("got %v after %d requests, want the editor's error", err, len(server.requests()))
		}
	})
	t.Run("UnusableClient", func(t *testing.T) {
		t.Parallel()
		var none *client.Client
		if _, err := none.API().DeleteCustomerWithResponse(t.Context(), customerID, nil); !errors.Is(err, client.ErrInvalidArgument) {
			t.Errorf("got %v, want ErrInvalidArgument", err)
		}
	})
}
