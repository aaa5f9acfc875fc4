package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
)

// Each test in this file shows a pitfall of the generated client (subtest Generated),
// and that this package avoids it (subtest Client). If a new release of the generator
// avoids one itself, the first subtest fails.

var params = &api.DeleteCustomerParams{AccountCode: creds.AccountCode}

func TestPitfallRedirectLeaksKeys(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			// net/http treats another name of the same machine as another host.
			setup := func(t *testing.T) (gateway, otherHost *yuno) {
				otherHost = newYuno(t, accept)
				elsewhere := strings.Replace(otherHost.URL, "127.0.0.1", "localhost", 1)
				return newYuno(t, respond(status, "", "Location", elsewhere+"/take")), otherHost
			}
			t.Run("Generated", func(t *testing.T) {
				gateway, otherHost := setup(t)
				resp, err := generatedClient(t, gateway.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, params)
				if err != nil || resp.StatusCode() != http.StatusAccepted {
					t.Fatalf("got %v, %v, want a silent success", resp, err)
				}
				if got := otherHost.requests()[0].Header.Get("private-secret-key"); got != creds.PrivateSecretKey {
					t.Error("the other host did not receive the key")
				}
				if status <= 303 && otherHost.requests()[0].Method != http.MethodGet {
					t.Error("DELETE did not become GET")
				}
			})
			t.Run("Client", func(t *testing.T) {
				gateway, otherHost := setup(t)
				err := newClient(t, gateway.baseURL(), fastRetries()).DeleteCustomer(t.Context(), customerID)
				if !errors.Is(err, client.ErrRedirect) || asError(t, err).StatusCode != status {
					t.Errorf("got %v, want ErrRedirect with status %d", err, status)
				}
				if got := len(otherHost.requests()); got != 0 {
					t.Errorf("the other host received %d requests", got)
				}
				if got := len(gateway.requests()); got != 1 {
					t.Errorf("got %d attempts, want 1: a redirect is not retried", got)
				}
			})
		})
	}
}

func TestPitfallUpgradeRedirectKeepsHeaders(t *testing.T) {
	t.Parallel()
	// From https to http on the same host name, net/http drops nothing at all.
	setup := func(t *testing.T) (gateway *httptest.Server, plain *yuno) {
		plain = newYuno(t, accept)
		gateway = httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusPermanentRedirect))
		t.Cleanup(gateway.Close)
		return gateway, plain
	}
	t.Run("Generated", func(t *testing.T) {
		gateway, plain := setup(t)
		if _, err := generatedClient(t, gateway.URL, gateway.Client()).DeleteCustomerWithResponse(t.Context(), customerID, params); err != nil {
			t.Fatal(err)
		}
		if plain.requests()[0].Header.Get("private-secret-key") == "" {
			t.Error("the key did not go out in the clear")
		}
	})
	t.Run("Client", func(t *testing.T) {
		gateway, plain := setup(t)
		c := newClient(t, gateway.URL, client.WithHTTPClient(gateway.Client()))
		if err := c.DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrRedirect) {
			t.Errorf("got %v, want ErrRedirect", err)
		}
		if got := len(plain.requests()); got != 0 {
			t.Errorf("the plain server received %d requests", got)
		}
	})
}

func TestPitfallPathParameter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ id, generatedURI string }{
		{"", "/v1/customers/"},
		{".", "/v1/customers/"},
		{"..", "/v1/"},
		{"a/b", "/v1/customers/a%2Fb"},
		{"../payments", "/v1/customers/..%2Fpayments"},
		{"%2e%2e", "/v1/customers/%252e%252e"},
		{`..\..`, "/v1/customers/..%5C.."},
		{"a?b", "/v1/customers/a%3Fb"},
		{"a#b", "/v1/customers/a%23b"},
		{"a\x00b", "/v1/customers/a%00b"},
		{" ", "/v1/customers/%20"},
	} {
		t.Run(fmt.Sprintf("%q", tc.id), func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, accept)
			if _, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), tc.id, params); err != nil {
				t.Fatal(err)
			}
			if got := server.requests()[0].RequestURI; got != tc.generatedURI {
				t.Errorf("the generated client sent DELETE %s, want %s", got, tc.generatedURI)
			}
			c := newClient(t, server.baseURL())
			if err := c.DeleteCustomer(t.Context(), tc.id); !errors.Is(err, client.ErrInvalidArgument) {
				t.Errorf("got %v, want ErrInvalidArgument", err)
			}
			if _, err := c.API().DeleteCustomerWithResponse(t.Context(), tc.id, params); !errors.Is(err, client.ErrInvalidArgument) {
				t.Errorf("API: got %v, want ErrInvalidArgument", err)
			}
			if got := len(server.requests()); got != 1 {
				t.Errorf("%d requests of ours were sent", got-1)
			}
		})
	}
}

func TestPitfallUndeclaredStatusLooksLikeSuccess(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{
		200: nil, 304: client.ErrRedirect, 404: client.ErrBadRequest, 405: client.ErrBadRequest, 408: client.ErrServer,
		429: client.ErrRateLimited, 501: client.ErrServer, 502: client.ErrServer, 503: client.ErrServer,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, respond(status, ""))
			resp, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, params)
			if err != nil || resp.JSON400 != nil {
				t.Errorf("the generated client returned %v, %v; want no sign of a failure", resp, err)
			}
			c := newClient(t, server.baseURL(), fastRetries())
			err = c.DeleteCustomer(t.Context(), customerID)
			if got := asError(t, err).StatusCode; got != status {
				t.Errorf("got status %d, want %d", got, status)
			}
			if want != nil && !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			_, err = c.API().DeleteCustomerWithResponse(t.Context(), customerID, params)
			if got := asError(t, err).StatusCode; got != status {
				t.Errorf("API: got status %d, want %d", got, status)
			}
		})
	}
}

func TestPitfallUndecodableBodyLosesStatus(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"Empty":          "",
		"HTML":           "<html>Bad Request</html>",
		"NumberAsCode":   `{"code":1}`,
		"TextAsMessages": `{"code":"INVALID_REQUEST","messages":"text"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, respond(400, body))
			resp, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, params)
			if resp != nil || err == nil {
				t.Errorf("the generated client returned %v, %v; want a generated JSON error", resp, err)
			}
			c := newClient(t, server.baseURL())
			err = c.DeleteCustomer(t.Context(), customerID)
			if e := asError(t, err); e.StatusCode != 400 || string(e.Body) != body || !errors.Is(err, client.ErrBadRequest) {
				t.Errorf("got status %d and body %q, want 400 and %q", e.StatusCode, e.Body, body)
			}
			_, err = c.API().DeleteCustomerWithResponse(t.Context(), customerID, params)
			if e := asError(t, err); e.StatusCode != 400 || string(e.Body) != body {
				t.Errorf("API: got status %d and body %q, want 400 and %q", e.StatusCode, e.Body, body)
			}
		})
	}
}

func TestPitfallUnboundedBody(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	server := newYuno(t, respond(http.StatusAccepted, strings.Repeat("x", size), "Content-Type", "text/plain"))
	t.Run("Generated", func(t *testing.T) {
		resp, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, params)
		if err != nil || len(resp.Body) != size {
			t.Fatalf("got %v, want the whole body in memory", err)
		}
	})
	t.Run("Client", func(t *testing.T) {
		c := newClient(t, server.baseURL())
		err := c.DeleteCustomer(t.Context(), customerID)
		if !errors.Is(err, client.ErrTooLarge) {
			t.Fatalf("got %v, want ErrTooLarge", err)
		}
		if e := asError(t, err); e.StatusCode != http.StatusAccepted || !e.MayHaveApplied || e.Attempts != 1 || e.Body != nil {
			t.Errorf("got status %d, MayHaveApplied %v, %d attempts, %d bytes", e.StatusCode, e.MayHaveApplied, e.Attempts, len(e.Body))
		}
		if _, err := c.API().DeleteCustomerWithResponse(t.Context(), customerID, params); !errors.Is(err, client.ErrTooLarge) {
			t.Errorf("API: got %v, want ErrTooLarge", err)
		}
	})
}

func TestPitfallStalledBodyNeverEnds(t *testing.T) {
	t.Parallel()
	t.Run("Generated", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server, over := newPipedYuno(t, stall(400))
			// A header timeout, which many SDKs rely on, does not apply to the body.
			over.Transport.(*http.Transport).ResponseHeaderTimeout = time.Second
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := generatedClient(t, server.baseURL(), over).DeleteCustomerWithResponse(ctx, customerID, params)
			if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
				t.Errorf("got %v, want nothing before the caller's own deadline", err)
			}
		})
	})
	t.Run("Client", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server, over := newPipedYuno(t, stall(400), notFound)
			c := newClient(t, server.baseURL(), client.WithHTTPClient(over))
			err := c.DeleteCustomer(t.Context(), customerID)
			if e := asError(t, err); !errors.Is(err, client.ErrCustomerNotFound) || e.Attempts != 2 || e.MayHaveApplied {
				t.Errorf("got %v after %d attempts, want a plain ErrCustomerNotFound after 2", err, e.Attempts)
			}
		})
	})
}

func TestPitfallBaseURL(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, baseURL, generatedURL string }{
		{"Empty", "", "/customers/" + customerID},
		{"NoScheme", "api.y.uno/v1", "/api.y.uno/v1/customers/" + customerID},
		{"Query", "https://127.0.0.1/v1?x=1", "https://127.0.0.1/customers/" + customerID},
		{"Fragment", "https://127.0.0.1/v1#f", "https://127.0.0.1/customers/" + customerID},
		{"UserInformation", "https://user:word@127.0.0.1/v1", "https://user:word@127.0.0.1/v1/customers/" + customerID},
		{"PlainHTTP", "http://api.y.uno/v1", "http://api.y.uno/v1/customers/" + customerID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var sent string
			generated, err := api.NewClient(tc.baseURL, api.WithHTTPClient(doerFunc(func(req *http.Request) (*http.Response, error) {
				sent = req.URL.String()
				return nil, io.EOF
			})))
			if err != nil {
				t.Fatalf("the generated client rejected the base URL: %v", err)
			}
			_, _ = generated.DeleteCustomer(t.Context(), customerID, params)
			if sent != tc.generatedURL {
				t.Errorf("the generated client sent to %s, want %s", sent, tc.generatedURL)
			}
			_, err = client.New(creds, client.WithBaseURL(tc.baseURL))
			if !errors.Is(err, client.ErrInvalidArgument) {
				t.Errorf("got %v, want ErrInvalidArgument", err)
			}
			if err != nil && strings.Contains(err.Error(), "word") {
				t.Error("the error shows the password")
			}
		})
	}
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func TestPitfallAccountCodeVanishes(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*api.DeleteCustomerParams{"NilParams": nil, "EmptyParams": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, accept)
			if _, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, p); err != nil {
				t.Fatal(err)
			}
			if _, err := newClient(t, server.baseURL()).API().DeleteCustomerWithResponse(t.Context(), customerID, p); err != nil {
				t.Fatal(err)
			}
			requests := server.requests()
			if got := requests[0].Header.Get("x-account-code"); got != "" {
				t.Errorf("the generated client sent account code %q, want none", got)
			}
			if got := requests[1].Header.Get("x-account-code"); got != creds.AccountCode {
				t.Errorf("ours sent account code %q, want %q", got, creds.AccountCode)
			}
		})
	}
}

func TestPitfallNilContextPanics(t *testing.T) {
	t.Parallel()
	var none context.Context
	t.Run("Generated", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("the generated client did not panic")
			}
		}()
		_, _ = generatedClient(t, "http://127.0.0.1:1", ownClient()).DeleteCustomerWithResponse(none, customerID, params)
	})
	t.Run("Client", func(t *testing.T) {
		c := newClient(t, "http://127.0.0.1:1")
		if err := c.DeleteCustomer(none, customerID); !errors.Is(err, client.ErrInvalidArgument) {
			t.Errorf("got %v, want ErrInvalidArgument", err)
		}
		if _, err := c.API().DeleteCustomerWithResponse(none, customerID, params); !errors.Is(err, client.ErrInvalidArgument) {
			t.Errorf("API: got %v, want ErrInvalidArgument", err)
		}
	})
}

func TestPitfallKeyWithNewlineFailsLate(t *testing.T) {
	t.Parallel()
	t.Run("Generated", func(t *testing.T) {
		server := newYuno(t, accept)
		generated, err := api.NewClient(server.baseURL(), api.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			req.Header.Set("private-secret-key", creds.PrivateSecretKey+"\n")
			return nil
		}))
		if err != nil {
			t.Fatalf("got %v, want the invalid key to be accepted", err)
		}
		if _, err := generated.DeleteCustomer(t.Context(), customerID, params); err == nil {
			t.Error("the first call did not fail")
		}
	})
	t.Run("Client", func(t *testing.T) {
		bad := creds
		bad.PrivateSecretKey += "\n"
		_, err := client.New(bad)
		if !errors.Is(err, client.ErrInvalidArgument) || showsKey(err.Error()) {
			t.Errorf("got %v, want ErrInvalidArgument without the key", err)
		}
	})
}

func TestPitfallIdempotencyKeyReplays(t *testing.T) {
	t.Parallel()
	addKey := func(_ context.Context, req *http.Request) error {
		req.Header.Set("X-Idempotency-Key", "7")
		return nil
	}
	t.Run("Generated", func(t *testing.T) {
		// The second request breaks a reused connection; net/http then sends a third by itself.
		server := newYuno(t, accept, lose, accept)
		generated := generatedClient(t, server.baseURL(), &http.Client{Transport: &http.Transport{}})
		for range 2 {
			if _, err := generated.DeleteCustomerWithResponse(t.Context(), customerID, params, addKey); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(server.requests()); got != 3 {
			t.Errorf("the server saw %d requests for 2 calls, want net/http's replay as the third", got)
		}
	})
	t.Run("Client", func(t *testing.T) {
		server := newYuno(t, accept, lose, notFound)
		c := newClient(t, server.baseURL(), fastRetries(), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				_ = addKey(req.Context(), req)
				return next.RoundTrip(req)
			})
		}))
		if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
			t.Fatal(err)
		}
		e := asError(t, c.DeleteCustomer(t.Context(), customerID))
		if e.Attempts != 2 || !e.MayHaveApplied {
			t.Errorf("got %d attempts, MayHaveApplied %v; want 2 and true", e.Attempts, e.MayHaveApplied)
		}
		if got := len(server.requests()); got != 3 {
			t.Errorf("the server saw %d requests for 3 attempts", got)
		}
		for _, req := range server.requests() {
			if req.Header.Get("X-Idempotency-Key") == "" || req.ContentLength != 0 || len(req.TransferEncoding) != 0 {
				t.Errorf("got %v with length %d and encoding %v, want the key and no body", req.Header, req.ContentLength, req.TransferEncoding)
			}
		}
	})
}

func TestPitfallRetryHidesSuccess(t *testing.T) {
	t.Parallel()
	t.Run("Generated", func(t *testing.T) {
		server := newYuno(t, lose, notFound)
		generated := generatedClient(t, server.baseURL(), ownClient())
		resp, err := generated.DeleteCustomerWithResponse(t.Context(), customerID, params)
		if err == nil {
			t.Fatalf("got %v, want a lost response", resp)
		}
		resp, err = generated.DeleteCustomerWithResponse(t.Context(), customerID, params) // as any retry loop would
		if err != nil || resp.JSON400.Code != "CUSTOMER_NOT_FOUND" {
			t.Fatalf("got %v, %v, want a plain failure for a delete that worked", resp, err)
		}
	})
	t.Run("Client", func(t *testing.T) {
		server := newYuno(t, lose, notFound)
		c := newClient(t, server.baseURL(), fastRetries())
		err := c.DeleteCustomer(t.Context(), customerID)
		if !errors.Is(err, client.ErrCustomerNotFound) || !asError(t, err).MayHaveApplied {
			t.Errorf("got %v, want ErrCustomerNotFound with MayHaveApplied", err)
		}
	})
	t.Run("API", func(t *testing.T) {
		server := newYuno(t, lose, notFound)
		_, err := newClient(t, server.baseURL(), fastRetries()).API().DeleteCustomerWithResponse(t.Context(), customerID, params)
		if !errors.Is(err, client.ErrCustomerNotFound) || !asError(t, err).MayHaveApplied {
			t.Errorf("got %v, want ErrCustomerNotFound with MayHaveApplied", err)
		}
	})
}

func TestPitfallServerTextControlsTerminal(t *testing.T) {
	t.Parallel()
	server := newYuno(t, respond(400, `{"code":"X\u001b[31m\nlevel=ERROR","messages":["`+strings.Repeat("m", 5000)+`"]}`))
	resp, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, params)
	if err != nil || !strings.ContainsAny(resp.JSON400.Code, "\x1b\n") {
		t.Fatalf("got %v, %v, want the generated client to pass control characters on", resp, err)
	}
	text := newClient(t, server.baseURL()).DeleteCustomer(t.Context(), customerID).Error()
	if strings.ContainsAny(text, "\x1b\n") || len(text) > 500 {
		t.Errorf("got %d bytes: %q", len(text), text)
	}
}

func TestPitfallOtherErrorShape(t *testing.T) {
	t.Parallel()
	server := newYuno(t, respond(400, `{"error":{"code":"CUSTOMER_NOT_FOUND","message":"gone"}}`))
	resp, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, params)
	if err != nil || resp.JSON400 == nil || resp.JSON400.Code != "" {
		t.Fatalf("got %v, %v, want the generated client to miss the code", resp, err)
	}
	if err := newClient(t, server.baseURL()).DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrCustomerNotFound) {
		t.Errorf("got %v, want ErrCustomerNotFound", err)
	}
}
