package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

func TestDeleteCustomerSendsTheContractsRequest(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept)
	c := newClient(t, server.baseURL(), client.WithUserAgent("acme-privacy/1.2"))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
		t.Fatal(err)
	}
	req := server.requests()[0]
	if req.Method != http.MethodDelete || req.RequestURI != "/v1/customers/"+customerID || req.ContentLength != 0 {
		t.Errorf("got %s %s with %d bytes", req.Method, req.RequestURI, req.ContentLength)
	}
	want := map[string]string{
		"x-account-code":     creds.AccountCode,
		"public-api-key":     creds.PublicAPIKey,
		"private-secret-key": creds.PrivateSecretKey,
		"User-Agent":         "acme-privacy/1.2 yuno-customers-go/0.1.0",
		"Accept-Encoding":    "identity",
	}
	for name, value := range want {
		if got := req.Header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	if len(req.Header) != len(want) {
		t.Errorf("got headers %v, want no others", req.Header)
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	problem := func(status int, code string) http.HandlerFunc {
		return respond(status, `{"code":"`+code+`","messages":["text"]}`, "X-Trace", "t1")
	}
	for _, tc := range []struct {
		name      string
		step      http.HandlerFunc
		want      error // nil: accepted
		status    int
		code      string
		attempts  int
		ambiguous bool
	}{
		{"202", accept, nil, 202, "", 1, false},
		{"202WithBody", respond(202, "{}"), nil, 202, "", 1, false},
		{"202BrokenOff", breakOff(202), nil, 202, "", 1, false},
		{"204", respond(204, ""), nil, 204, "", 1, false},
		{"200", respond(200, "{}"), errAny, 200, "", 1, true},
		{"201", respond(201, "{}"), errAny, 201, "", 1, true},
		{"301", respond(301, "", "Location", "http://127.0.0.1:1/"), client.ErrRedirect, 301, "", 1, false},
		{"302BadLocation", respond(302, "", "Location", "::%zz"), client.ErrRedirect, 302, "", 1, false},
		{"302NoLocation", respond(302, ""), client.ErrRedirect, 302, "", 1, false},
		{"400", problem(400, "INVALID_REQUEST"), client.ErrBadRequest, 400, "INVALID_REQUEST", 1, false},
		{"400NotFound", problem(400, "CUSTOMER_NOT_FOUND"), client.ErrCustomerNotFound, 400, "CUSTOMER_NOT_FOUND", 1, false},
		{"400OtherNotFound", problem(400, "NOT_FOUND"), client.ErrBadRequest, 400, "NOT_FOUND", 1, false},
		{"404NotFound", problem(404, "CUSTOMER_NOT_FOUND"), client.ErrCustomerNotFound, 404, "CUSTOMER_NOT_FOUND", 1, false},
		{"404", respond(404, "<html>", "Content-Type", "text/html"), client.ErrBadRequest, 404, "", 1, false},
		{"401", problem(401, "INVALID_CREDENTIALS"), client.ErrUnauthorized, 401, "INVALID_CREDENTIALS", 1, false},
		{"403", problem(403, "AUTHORIZATION_REQUIRED"), client.ErrForbidden, 403, "AUTHORIZATION_REQUIRED", 1, false},
		{"409", problem(409, "CONFLICT"), client.ErrBadRequest, 409, "CONFLICT", 1, false},
		{"408", problem(408, "X"), client.ErrServer, 408, "X", 3, true},
		{"429", problem(429, "TOO_MANY_REQUESTS"), client.ErrRateLimited, 429, "TOO_MANY_REQUESTS", 3, false},
		{"500", problem(500, "INTERNAL_ERROR"), client.ErrServer, 500, "INTERNAL_ERROR", 3, true},
		{"500NotFound", problem(500, "CUSTOMER_NOT_FOUND"), client.ErrServer, 500, "CUSTOMER_NOT_FOUND", 3, true},
		{"501", problem(501, "X"), client.ErrServer, 501, "X", 1, true},
		{"502", respond(502, "<html>"), client.ErrServer, 502, "", 3, true},
		{"503", respond(503, ""), client.ErrServer, 503, "", 3, true},
		{"504", problem(504, "REQUEST_TIMEOUT"), client.ErrServer, 504, "REQUEST_TIMEOUT", 3, true},
		{"599", respond(599, ""), client.ErrServer, 599, "", 1, true},
		{"400BrokenOff", breakOff(400), client.ErrBadRequest, 400, "", 3, false},
		{"301BrokenOff", breakOff(301), client.ErrRedirect, 301, "", 1, false},
		{"400TooLarge", flood(400), client.ErrTooLarge, 400, "", 1, false},
		{"503TooLarge", flood(503), client.ErrTooLarge, 503, "", 1, true},
		{"202TooLarge", flood(202), client.ErrTooLarge, 202, "", 1, true},
		{"Lost", lose, errAny, 0, "", 3, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, tc.step)
			c := newClient(t, server.baseURL(), fastRetries())
			var resp client.Response
			err := c.DeleteCustomer(t.Context(), customerID, client.WithResponse(&resp))
			if resp.StatusCode != tc.status || resp.Attempts != tc.attempts || len(server.requests()) != tc.attempts {
				t.Errorf("got status %d after %d attempts and %d requests, want %d after %d", resp.StatusCode, resp.Attempts, len(server.requests()), tc.status, tc.attempts)
			}
			if tc.want == nil {
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
				return
			}
			e := asError(t, err)
			if tc.want != errAny && !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if e.Code != tc.code || e.MayHaveApplied != tc.ambiguous {
				t.Errorf("got code %q, MayHaveApplied %v, want %q, %v", e.Code, e.MayHaveApplied, tc.code, tc.ambiguous)
			}
			if e.Code != "" && (resp.Header.Get("X-Trace") != "t1" || !strings.Contains(string(resp.Body), e.Code) || e.Messages[0] != "text") {
				t.Errorf("got header %v, body %q, messages %q", resp.Header, resp.Body, e.Messages)
			}
			if !strings.HasPrefix(err.Error(), "delete customer: ") || strings.Contains(err.Error(), customerID) || strings.Contains(err.Error(), server.URL) {
				t.Errorf("got text %q", err)
			}
		})
	}
}

var errAny = errors.New("any error")

// A response matches at most one sentinel error, so the order of a caller's cases
// does not matter.
func TestSentinelsAreDisjoint(t *testing.T) {
	t.Parallel()
	classes := []error{client.ErrCustomerNotFound, client.ErrBadRequest, client.ErrUnauthorized, client.ErrForbidden, client.ErrRateLimited, client.ErrServer, client.ErrRedirect}
	for status := range 1000 {
		for _, code := range []string{"", "CUSTOMER_NOT_FOUND", "INVALID_REQUEST"} {
			e, matches := &client.Error{Response: client.Response{StatusCode: status}, Code: code}, 0
			for _, class := range classes {
				if errors.Is(e, class) {
					matches++
				}
			}
			if want := status >= 300; (matches == 1) != want {
				t.Errorf("%d %q matches %d sentinels", status, code, matches)
			}
		}
	}
}

func TestAmbiguity(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		script    []http.HandlerFunc
		want      error // nil: accepted
		ambiguous bool
	}{
		{"LostThenNotFound", []http.HandlerFunc{lose, notFound}, client.ErrCustomerNotFound, true},
		{"BadGatewayThenNotFound", []http.HandlerFunc{respond(502, ""), notFound}, client.ErrCustomerNotFound, true},
		{"GatewayTimeoutThenNotFound", []http.HandlerFunc{respond(504, ""), notFound}, client.ErrCustomerNotFound, true},
		{"RateLimitThenNotFound", []http.HandlerFunc{respond(429, ""), notFound}, client.ErrCustomerNotFound, false},
		{"BrokenRefusalThenNotFound", []http.HandlerFunc{breakOff(400), notFound}, client.ErrCustomerNotFound, false},
		{"LostThenUnauthorized", []http.HandlerFunc{lose, respond(401, "")}, client.ErrUnauthorized, true},
		{"LostThenRateLimit", []http.HandlerFunc{lose, respond(429, "")}, client.ErrRateLimited, true},
		{"LostThenAccepted", []http.HandlerFunc{lose, accept}, nil, false},
		{"UnavailableTwiceThenAccepted", []http.HandlerFunc{respond(503, ""), respond(503, ""), accept}, nil, false},
		{"TimeoutThenNotFound", []http.HandlerFunc{hang, notFound}, client.ErrCustomerNotFound, true},
		{"StalledErrorThenNotFound", []http.HandlerFunc{stall(503), notFound}, client.ErrCustomerNotFound, true},
		{"StalledAcceptance", []http.HandlerFunc{stall(202), notFound}, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, over := newPipedYuno(t, tc.script...)
				c := newClient(t, server.baseURL(), client.WithHTTPClient(over))
				err := c.DeleteCustomer(t.Context(), customerID)
				if tc.want == nil {
					if err != nil {
						t.Errorf("got %v, want nil", err)
					}
					return
				}
				if e := asError(t, err); !errors.Is(err, tc.want) || e.MayHaveApplied != tc.ambiguous {
					t.Errorf("got %v with MayHaveApplied %v, want %v with %v", err, e.MayHaveApplied, tc.want, tc.ambiguous)
				}
				if got := strings.Contains(err.Error(), "may have been accepted"); got != tc.ambiguous {
					t.Errorf("got text %q", err)
				}
			})
		})
	}
}

func TestNoResponse(t *testing.T) {
	t.Parallel()
	t.Run("RefusedConnectionIsNotAmbiguous", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = listener.Close()
		e := asError(t, newClient(t, "http://"+listener.Addr().String(), fastRetries()).DeleteCustomer(t.Context(), customerID))
		if e.StatusCode != 0 || e.Attempts != 3 || e.MayHaveApplied {
			t.Errorf("got status %d, %d attempts, MayHaveApplied %v; want 0, 3 and false", e.StatusCode, e.Attempts, e.MayHaveApplied)
		}
	})
	t.Run("WrongCertificateIsNotRetried", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(accept)
		server.Config.ErrorLog = discardLog
		server.StartTLS()
		defer server.Close()
		err := newClient(t, server.URL, fastRetries()).DeleteCustomer(t.Context(), customerID)
		var verification *tls.CertificateVerificationError
		if e := asError(t, err); !errors.As(err, &verification) || e.Attempts != 1 || e.MayHaveApplied {
			t.Errorf("got %v after %d attempts, MayHaveApplied %v", err, e.Attempts, e.MayHaveApplied)
		}
	})
	t.Run("AttemptTimeoutIsRetried", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server, over := newPipedYuno(t, hang, accept)
			c := newClient(t, server.baseURL(), client.WithHTTPClient(over))
			if err := c.DeleteCustomer(t.Context(), customerID); err != nil || len(server.requests()) != 2 {
				t.Errorf("got %v after %d requests, want nil after 2", err, len(server.requests()))
			}
		})
	})
	t.Run("EveryAttemptTimesOut", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server, over := newPipedYuno(t, hang)
			c := newClient(t, server.baseURL(), client.WithHTTPClient(over), client.WithAttemptTimeout(50*time.Millisecond))
			err := c.DeleteCustomer(t.Context(), customerID)
			if e := asError(t, err); !errors.Is(err, context.DeadlineExceeded) || e.Attempts != 3 || !e.MayHaveApplied {
				t.Errorf("got %v after %d attempts, MayHaveApplied %v", err, e.Attempts, e.MayHaveApplied)
			}
			if !strings.Contains(err.Error(), "no response: the attempt took longer than 50ms") {
				t.Errorf("got text %q", err)
			}
		})
	})
	t.Run("ContextEndedBefore", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, accept)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := newClient(t, server.baseURL()).DeleteCustomer(ctx, customerID)
		if e := asError(t, err); !errors.Is(err, context.Canceled) || e.Attempts != 0 || e.MayHaveApplied || len(server.requests()) != 0 {
			t.Errorf("got %v after %d attempts and %d requests", err, e.Attempts, len(server.requests()))
		}
	})
	t.Run("ContextEndedWhileWaiting", func(t *testing.T) {
		t.Parallel()
		cause := errors.New("user left")
		ctx, cancel := context.WithCancelCause(t.Context())
		server := newYuno(t, func(w http.ResponseWriter, r *http.Request) {
			cancel(cause)
			<-r.Context().Done()
		})
		err := newClient(t, server.baseURL(), fastRetries()).DeleteCustomer(ctx, customerID)
		if e := asError(t, err); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || e.Attempts != 1 || !e.MayHaveApplied {
			t.Errorf("got %v after %d attempts, MayHaveApplied %v", err, e.Attempts, e.MayHaveApplied)
		}
	})
	t.Run("SwitchingProtocols", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			// The connection stays open and silent: reading it as a body would hang.
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
		})
		e := asError(t, newClient(t, server.baseURL()).DeleteCustomer(t.Context(), customerID))
		if e.StatusCode != http.StatusSwitchingProtocols || e.Attempts != 1 {
			t.Errorf("got status %d after %d attempts", e.StatusCode, e.Attempts)
		}
	})
}

// One attempt is one request, on a fresh connection and on a reused one.
func TestBrokenReusedConnectionIsOneAttempt(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept, lose, lose, accept)
	c := newClient(t, server.baseURL(), fastRetries())
	for _, want := range []int{1, 3} {
		var resp client.Response
		if err := c.DeleteCustomer(t.Context(), customerID, client.WithResponse(&resp)); err != nil || resp.Attempts != want {
			t.Errorf("got %v after %d attempts, want nil after %d", err, resp.Attempts, want)
		}
	}
	if got := len(server.requests()); got != 4 {
		t.Errorf("the server saw %d requests for 4 attempts", got)
	}
}

func TestWithRetryZeroIsOneAttempt(t *testing.T) {
	t.Parallel()
	server := newYuno(t, respond(503, ""))
	e := asError(t, newClient(t, server.baseURL(), client.WithRetry(0, 0)).DeleteCustomer(t.Context(), customerID))
	if e.Attempts != 1 || len(server.requests()) != 1 {
		t.Errorf("got %d attempts and %d requests, want 1", e.Attempts, len(server.requests()))
	}
}

func TestWithAccountCodeIsForOneCall(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept)
	c := newClient(t, server.baseURL())
	for _, opts := range [][]client.CallOption{{client.WithAccountCode("other")}, nil} {
		if err := c.DeleteCustomer(t.Context(), customerID, opts...); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"other", creds.AccountCode} {
		if got := server.requests()[i].Header.Get("x-account-code"); got != want {
			t.Errorf("call %d: got account code %q, want %q", i, got, want)
		}
	}
}

func TestCallRejectsInvalidArguments(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept)
	c := newClient(t, server.baseURL())
	for name, opt := range map[string]client.CallOption{
		"NilOption":        nil,
		"NilResponse":      client.WithResponse(nil),
		"EmptyAccountCode": client.WithAccountCode(""),
		"AccountCodeLine":  client.WithAccountCode("a\r\nprivate-secret-key: x"),
	} {
		err := c.DeleteCustomer(t.Context(), customerID, opt)
		if e := asError(t, err); !errors.Is(err, client.ErrInvalidArgument) || e.StatusCode != 0 || e.Attempts != 0 || e.MayHaveApplied {
			t.Errorf("%s: got %v, want ErrInvalidArgument", name, err)
		}
	}
	stale := client.Response{StatusCode: 202, Attempts: 1}
	if err := c.DeleteCustomer(t.Context(), "", client.WithResponse(&stale)); !errors.Is(err, client.ErrInvalidArgument) || stale.StatusCode != 0 || stale.Attempts != 0 {
		t.Errorf("got %v and %v, want ErrInvalidArgument and an empty response", err, stale)
	}
	var none *client.Client
	for name, c := range map[string]*client.Client{"Nil": none, "Zero": {}} {
		if err := c.DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrInvalidArgument) {
			t.Errorf("%s client: got %v, want ErrInvalidArgument", name, err)
		}
		c.CloseIdleConnections() // does nothing
		if got := c.BaseURL(); got != "" {
			t.Errorf("%s client: got base URL %q", name, got)
		}
	}
	if got := len(server.requests()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// Responses made by tests and middleware rarely set ContentLength.
func TestResponsesWithoutContentLength(t *testing.T) {
	t.Parallel()
	network := roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 400, Body: io.NopCloser(strings.NewReader(notFoundBody))}, nil
	})
	c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network}))
	if err := c.DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrCustomerNotFound) {
		t.Errorf("got %v, want ErrCustomerNotFound", err)
	}
}

// Whatever error a transport returns, the call's error matches the context's and
// does not contain the URL.
func TestErrorsOfOtherTransports(t *testing.T) {
	t.Parallel()
	t.Run("OpaqueTimeout", func(t *testing.T) {
		t.Parallel()
		errOpaque := errors.New("gave up")
		network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, errOpaque
		})
		c := newClient(t, client.BaseURLSandbox, fastRetries(), client.WithAttemptTimeout(time.Millisecond), client.WithHTTPClient(&http.Client{Transport: network}))
		err := c.DeleteCustomer(t.Context(), customerID)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errOpaque) {
			t.Errorf("got %v, want the timeout and the transport's error", err)
		}
	})
	t.Run("HTTPClientAsTransport", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, lose)
		network := roundTripFunc(func(req *http.Request) (*http.Response, error) { return ownClient().Do(req) })
		c := newClient(t, server.baseURL(), fastRetries(), client.WithHTTPClient(&http.Client{Transport: network}))
		err := c.DeleteCustomer(t.Context(), customerID)
		if !errors.Is(err, io.EOF) || strings.Contains(err.Error(), customerID) {
			t.Errorf("got %v, want EOF without the URL", err)
		}
	})
}
