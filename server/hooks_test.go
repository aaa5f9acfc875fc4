package server_test

import (
	"context"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wait       time.Duration
		retryAfter string // "" if the request passes
	}{
		"none":          {0, ""},
		"negative":      {-time.Second, ""},
		"one second":    {time.Second, "1"},
		"rounded up":    {time.Second + 1, "2"},
		"a millisecond": {time.Millisecond, "1"},
		"the longest":   {math.MaxInt64, "9223372037"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked string
			h := mount(t, accepting, server.WithLimiter(func(_ context.Context, key string) time.Duration {
				asked = key
				return tt.wait
			}))
			got := do(h, request(http.MethodDelete, path, nil))
			if asked != publicKey {
				t.Errorf("the limiter was called with %q, want the public key", asked)
			}
			if got.header.Get("Retry-After") != tt.retryAfter {
				t.Errorf("got Retry-After %q, want %q", got.header.Get("Retry-After"), tt.retryAfter)
			}
			if tt.retryAfter == "" {
				got.want(t, http.StatusAccepted, "")
				return
			}
			got.want(t, http.StatusTooManyRequests, "TOO_MANY_REQUESTS")
		})
	}
}

func TestLimiterReceivesOnlyValidKeys(t *testing.T) {
	t.Parallel()
	h := mount(t, accepting, server.WithLimiter(func(context.Context, string) time.Duration {
		t.Error("a request without valid keys used up the budget of a public key")
		return time.Hour
	}))
	do(h, request(http.MethodDelete, path, with("Private-Secret-Key", "wrong"))).want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
}

func TestObserver(t *testing.T) {
	t.Parallel()
	const route = "/v1/customers/{customer_id}"
	tests := map[string]struct {
		method, path string
		impl         implFunc
		want         server.Event
	}{
		"accepted":   {http.MethodDelete, path, accepting, server.Event{Route: route, Method: "DELETE", Status: 202}},
		"refused":    {http.MethodDelete, path, returning(api.DeleteCustomer400JSONResponse{Code: "CUSTOMER_NOT_FOUND", Messages: []string{"m"}}, nil), server.Event{Route: route, Method: "DELETE", Status: 400, Code: "CUSTOMER_NOT_FOUND"}},
		"failed":     {http.MethodDelete, path, panicking("x"), server.Event{Route: route, Method: "DELETE", Status: 500, Code: "INTERNAL_ERROR"}},
		"method":     {http.MethodPost, path, accepting, server.Event{Route: route, Status: 405, Code: "UNSUPPORTED_METHOD"}},
		"no route":   {http.MethodDelete, "/" + customer, accepting, server.Event{Route: "", Status: 404, Code: "NOT_FOUND"}},
		"two levels": {http.MethodDelete, path + "/" + customer, accepting, server.Event{Route: "", Status: 404, Code: "NOT_FOUND"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var events []server.Event
			h := mount(t, tt.impl, server.WithObserver(func(_ context.Context, e server.Event) { events = append(events, e) }))
			got := do(h, request(tt.method, tt.path, nil))
			if len(events) != 1 {
				t.Fatalf("got %d events, want 1", len(events))
			}
			e := events[0]
			if e.Duration <= 0 {
				t.Errorf("got duration %v", e.Duration)
			}
			tt.want.RequestID = got.header.Get("X-Request-Id")
			e.Duration = 0
			if e != tt.want {
				t.Errorf("got %+v, want %+v", e, tt.want)
			}
		})
	}
}

func TestObserverReceivesDuration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got time.Duration
		h := mount(t, func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			time.Sleep(7 * time.Second)
			return api.DeleteCustomer202Response{}, nil
		}, server.WithObserver(func(_ context.Context, e server.Event) { got = e.Duration }))
		do(h, request(http.MethodDelete, path, nil))
		if got != 7*time.Second {
			t.Errorf("got %v, want 7s", got)
		}
	})
}

func TestPanicInHookKeepsResponse(t *testing.T) {
	t.Parallel()
	var log logBuffer
	h := mount(t, accepting, log.option(),
		server.WithObserver(func(context.Context, server.Event) { panic("observer broke") }),
		server.WithRequestIDFrom(func(*http.Request) string { panic("request id broke") }))
	do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusAccepted, "")
	for _, want := range []string{"observer broke", "request id broke"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not contain %q: %s", want, log.String())
		}
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	fromHeader := server.WithRequestIDFrom(func(r *http.Request) string { return r.Header.Get("X-Request-Id") })

	t.Run("GeneratedByDefault", func(t *testing.T) {
		t.Parallel()
		h := mount(t, accepting)
		first := do(h, request(http.MethodDelete, path, with("X-Request-Id", "forged"))).header.Get("X-Request-Id")
		second := do(h, request(http.MethodDelete, path, with("X-Request-Id", "forged"))).header.Get("X-Request-Id")
		if len(first) < 26 || first == second || first == "forged" {
			t.Errorf("got %q, then %q; want two long random ids", first, second)
		}
	})

	for name, tt := range map[string]struct {
		id   string
		kept bool
	}{
		"usual":          {"Root=1-67891233-abcdef012345678912345678", true},
		"128 characters": {strings.Repeat("x", 128), true},
		"129 characters": {strings.Repeat("x", 129), false},
		"empty":          {"", false},
		"space":          {"a b", false},
		"line feed":      {"a\nb", false},
		"quote":          {`a"b`, false},
		"backslash":      {`a\b`, false},
		"DEL":            {"a\x7f", false},
		"not ASCII":      {"é", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(mount(t, accepting, fromHeader), request(http.MethodDelete, path, with("X-Request-Id", tt.id)))
			got.want(t, http.StatusAccepted, "")
			if kept := got.header.Get("X-Request-Id") == tt.id; kept != tt.kept {
				t.Errorf("got %q for %q, want kept = %v", got.header.Get("X-Request-Id"), tt.id, tt.kept)
			}
		})
	}

	t.Run("EmptyOutsideARequest", func(t *testing.T) {
		t.Parallel()
		if got := server.RequestID(t.Context()); got != "" {
			t.Errorf("got %q", got)
		}
	})
}
