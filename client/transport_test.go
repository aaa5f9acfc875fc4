package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// watch returns middleware that calls see with each request.
func watch(see func(*http.Request)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripFunc(func(req *http.Request) (*http.Response, error) {
			see(req)
			return next.RoundTrip(req)
		})
	}
}

func TestMiddlewareOrder(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(name string) func(http.RoundTripper) http.RoundTripper {
		return watch(func(*http.Request) { order = append(order, name) })
	}
	c := newClient(t, newYuno(t, respond(503, ""), accept).baseURL(), fastRetries(),
		client.WithMiddleware(note("first"), note("second")), client.WithMiddleware(note("third")))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
		t.Fatal(err)
	}
	want := []string{"first", "second", "third", "first", "second", "third"}
	if !slices.Equal(order, want) {
		t.Errorf("got %v, want %v: once for each attempt, first outermost", order, want)
	}
}

func TestMiddlewareNeverSeesKeys(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept)
	c := newClient(t, server.baseURL(), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil && (showsKey(fmt.Sprint(req.Header)) || showsKey(fmt.Sprint(resp.Request.Header))) {
				t.Error("middleware sees a key")
			}
			return resp, err
		})
	}))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
		t.Fatal(err)
	}
	if got := server.requests()[0].Header.Get("private-secret-key"); got != creds.PrivateSecretKey {
		t.Error("the server did not receive the key")
	}
}

func TestMiddlewareCannotOverrideKeys(t *testing.T) {
	t.Parallel()
	server := newYuno(t, accept)
	c := newClient(t, server.baseURL(), client.WithMiddleware(watch(func(req *http.Request) {
		req.Header.Set("private-secret-key", "other")
		req.Header["private-secret-key"] = []string{"another"} // would be sent as well
	})))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
		t.Fatal(err)
	}
	if got := server.requests()[0].Header.Values("private-secret-key"); len(got) != 1 || got[0] != creds.PrivateSecretKey {
		t.Error("the server received another key")
	}
}

func TestMiddlewareHeadersStayInTheirAttempt(t *testing.T) {
	t.Parallel()
	server := newYuno(t, respond(503, ""), accept)
	c := newClient(t, server.baseURL(), fastRetries(), client.WithMiddleware(watch(func(req *http.Request) { req.Header.Add("X-Count", "1") })))
	for range 2 {
		if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
			t.Fatal(err)
		}
	}
	for i, req := range server.requests() {
		if got := len(req.Header.Values("X-Count")); got != 1 {
			t.Errorf("request %d: got the header %d times, want once", i, got)
		}
	}
}

func TestMiddlewareChangesAreRejected(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request) *http.Request{
		"OtherHost": func(req *http.Request) *http.Request {
			out := req.Clone(req.Context())
			out.URL.Host = strings.Replace(out.URL.Host, "127.0.0.1", "localhost", 1)
			return out
		},
		"OtherScheme": func(req *http.Request) *http.Request {
			out := req.Clone(req.Context())
			out.URL.Scheme = "https"
			return out
		},
		"Method": func(req *http.Request) *http.Request {
			req.Method = http.MethodGet
			return req
		},
		"Path": func(req *http.Request) *http.Request {
			req.URL.Path = "/v1/customers/other"
			return req
		},
		"Query": func(req *http.Request) *http.Request {
			req.URL.RawQuery = "dry-run=1"
			return req
		},
		"Opaque": func(req *http.Request) *http.Request {
			req.URL.Opaque = "//other.example/v1"
			return req
		},
		"UserInformation": func(req *http.Request) *http.Request {
			req.URL.User = url.UserPassword("a", "b")
			return req
		},
		"HostHeader": func(req *http.Request) *http.Request {
			req.Host = "other.example"
			return req
		},
		"OtherAccount": func(req *http.Request) *http.Request {
			req.Header.Set("x-account-code", "other")
			return req
		},
		"NoAccount": func(req *http.Request) *http.Request {
			req.Header.Del("x-account-code")
			return req
		},
		"SecondSpelling": func(req *http.Request) *http.Request {
			req.Header["x-account-code"] = []string{creds.AccountCode}
			return req
		},
		"Body": func(req *http.Request) *http.Request {
			req.Body = io.NopCloser(strings.NewReader("{}"))
			return req
		},
		"LostContext": func(req *http.Request) *http.Request { return req.WithContext(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, accept)
			c := newClient(t, server.baseURL(), fastRetries(), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return roundTripFunc(func(req *http.Request) (*http.Response, error) { return next.RoundTrip(change(req)) })
			}))
			e := asError(t, c.DeleteCustomer(t.Context(), customerID))
			if e.Attempts != 1 || e.MayHaveApplied || !strings.Contains(e.Error(), "middleware") || len(server.requests()) != 0 {
				t.Errorf("got %v after %d attempts and %d requests", e, e.Attempts, len(server.requests()))
			}
		})
	}
}

func TestMiddlewareErrors(t *testing.T) {
	t.Parallel()
	errOpen := errors.New("circuit open")
	t.Run("BeforeTheNetworkAreFinal", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, "http://127.0.0.1:1", fastRetries(), client.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, errOpen })
		}))
		err := c.DeleteCustomer(t.Context(), customerID)
		if e := asError(t, err); !errors.Is(err, errOpen) || e.Attempts != 1 || e.MayHaveApplied {
			t.Errorf("got %v after %d attempts, MayHaveApplied %v", err, e.Attempts, e.MayHaveApplied)
		}
	})
	t.Run("HidingAResponseAreAmbiguous", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, newYuno(t, accept).baseURL(), client.WithRetry(0, 0), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(req)
				if err == nil {
					_ = resp.Body.Close()
				}
				return resp, errOpen
			})
		}))
		err := c.DeleteCustomer(t.Context(), customerID)
		if !errors.Is(err, errOpen) || !asError(t, err).MayHaveApplied {
			t.Errorf("got %v, want an ambiguous error", err)
		}
	})
	t.Run("HidingARefusalAreNot", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, newYuno(t, respond(401, "")).baseURL(), client.WithRetry(0, 0), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(req)
				if err == nil {
					_ = resp.Body.Close()
				}
				return nil, errOpen
			})
		}))
		err := c.DeleteCustomer(t.Context(), customerID)
		if !errors.Is(err, errOpen) || asError(t, err).MayHaveApplied {
			t.Errorf("got %v, want a plain error", err)
		}
	})
	t.Run("NeitherResponseNorError", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, "http://127.0.0.1:1", client.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, nil })
		}))
		if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); e.StatusCode != 0 || e.Err == nil {
			t.Errorf("got %v", e)
		}
	})
	t.Run("ResponseWithoutBody", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, "http://127.0.0.1:1", client.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 400}, nil })
		}))
		if err := c.DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrBadRequest) {
			t.Errorf("got %v, want ErrBadRequest", err)
		}
	})
	t.Run("PanicReleasesTheSlot", func(t *testing.T) {
		t.Parallel()
		c := newClient(t, newYuno(t, accept).baseURL(), client.WithMaxInFlight(1), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			var once sync.Once
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				once.Do(func() { panic("middleware") })
				return next.RoundTrip(req)
			})
		}))
		func() {
			defer func() { _ = recover() }()
			_ = c.DeleteCustomer(t.Context(), customerID)
		}()
		if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
			t.Errorf("got %v, want the slot to be free", err)
		}
	})
}

func TestCallersHTTPClientIsUntouched(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := newYuno(t, respond(302, "", "Location", "/elsewhere", "Set-Cookie", "a=b"))
	mine := &http.Client{Transport: &http.Transport{}, Jar: jar}
	before := *mine
	defaultBefore := *http.DefaultClient
	c := newClient(t, server.baseURL(), client.WithHTTPClient(mine))
	for range 2 {
		if err := c.DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrRedirect) {
			t.Errorf("got %v, want ErrRedirect", err)
		}
	}
	if mine.Transport != before.Transport || mine.CheckRedirect != nil || mine.Jar != before.Jar || mine.Timeout != 0 {
		t.Error("the caller's client was changed")
	}
	if http.DefaultClient.CheckRedirect != nil || http.DefaultClient.Timeout != defaultBefore.Timeout || http.DefaultClient.Transport != defaultBefore.Transport {
		t.Error("http.DefaultClient was changed")
	}
	if got := server.requests()[1].Cookies(); len(got) != 0 {
		t.Errorf("got cookies %v, want the jar unused", got)
	}
	mine.Transport = roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("late change") })
	if err := c.DeleteCustomer(t.Context(), customerID); !errors.Is(err, client.ErrRedirect) {
		t.Errorf("got %v, want the client to be unaffected by a later change", err)
	}
}

func TestCallersTransportIsInnermost(t *testing.T) {
	t.Parallel()
	var keys string
	network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		keys = req.Header.Get("private-secret-key")
		return &http.Response{StatusCode: 202, Body: http.NoBody}, nil
	})
	c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network}))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil || keys != creds.PrivateSecretKey {
		t.Errorf("got %v; the transport saw the key: %v", err, keys != "")
	}
}

// net/http would keep 2 idle connections, and dial again for the others in each round.
func TestDefaultTransportKeepsConnections(t *testing.T) {
	t.Parallel()
	const calls, rounds = 32, 4
	var opened atomic.Int32
	var arrived sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Done()
		arrived.Wait() // all calls of a round are in flight at once
		w.WriteHeader(http.StatusAccepted)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := newClient(t, server.URL)
	for range rounds {
		arrived.Add(calls)
		var callers sync.WaitGroup
		for range calls {
			callers.Go(func() {
				if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
	}
	// A connection becomes idle a moment after its response was read, so a call of
	// the next round may have to dial.
	if got := opened.Load(); got > 2*calls {
		t.Errorf("got %d connections for %d calls in flight", got, calls)
	}
}

func TestDefaultTransportSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	var protocol atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(r.Proto)
		w.WriteHeader(http.StatusAccepted)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	transport := client.NewTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	c := newClient(t, server.URL, client.WithHTTPClient(&http.Client{Transport: transport}))
	if err := c.DeleteCustomer(t.Context(), customerID); err != nil || protocol.Load() != "HTTP/2.0" {
		t.Errorf("got %v over %v, want HTTP/2.0", err, protocol.Load())
	}
}
