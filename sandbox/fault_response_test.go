package sandbox_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/sandbox"
)

// faultCase is a fault and what a client sees of it.
type faultCase struct {
	fault   sandbox.Fault
	status  int
	text    string
	header  http.Header
	failure error // nil if the response is complete
	applied bool  // even without Fault.Applied
}

var faultCases = []faultCase{
	{fault: sandbox.Fault{}, status: 202, applied: true},
	{fault: sandbox.Fault{Kind: sandbox.None}, status: 202, applied: true},
	{fault: sandbox.Fault{Kind: sandbox.TooManyRequests, RetryAfter: 2 * time.Second}, status: 429, text: `"TOO_MANY_REQUESTS"`, header: http.Header{"Retry-After": {"2"}}},
	{fault: sandbox.Fault{Kind: sandbox.TooManyRequests}, status: 429, text: `"TOO_MANY_REQUESTS"`, header: http.Header{"Retry-After": nil}},
	{fault: sandbox.Fault{Kind: sandbox.InternalError}, status: 500, text: `"INTERNAL_ERROR"`, header: http.Header{"Content-Type": {"application/json"}}},
	{fault: sandbox.Fault{Kind: sandbox.Unavailable, RetryAfter: time.Second}, status: 503, text: `"SERVICE_UNAVAILABLE"`, header: http.Header{"Retry-After": {"1"}}},
	{fault: sandbox.Fault{Kind: sandbox.GatewayTimeout}, status: 504, text: `"REQUEST_TIMEOUT"`},
	{fault: sandbox.Fault{Kind: sandbox.Reset}, failure: io.EOF},
	{fault: sandbox.Fault{Kind: sandbox.LostResponse}, failure: io.EOF, applied: true},
	{fault: sandbox.Fault{Kind: sandbox.HTML}, status: 502, text: "<html>", header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}},
	{fault: sandbox.Fault{Kind: sandbox.HTML, Status: 400}, status: 400, text: "<html>"},
	{fault: sandbox.Fault{Kind: sandbox.TruncatedBody}, status: 400, text: `{"code"`, failure: io.ErrUnexpectedEOF, header: http.Header{"Content-Type": {"application/json"}}},
	{fault: sandbox.Fault{Kind: sandbox.OversizedBody}, status: 400, text: strings.Repeat("x", 1<<20), header: http.Header{"Content-Type": {"application/json"}}},
	{fault: sandbox.Fault{Kind: sandbox.NoContent}, status: 204, applied: true},
	{fault: sandbox.Fault{Kind: sandbox.Redirect}, status: 307, header: http.Header{"Location": {"/v1/elsewhere"}}},
	{fault: sandbox.Fault{Kind: sandbox.Redirect, Status: 301}, status: 301, header: http.Header{"Location": {"/v1/elsewhere"}}},
}

// TestFaults expects each kind to show as documented, and the customer to be deleted or
// not, both without and with Applied.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, plain := range faultCases {
		for _, applied := range []bool{false, true} {
			tt := plain
			tt.fault.Applied = applied
			tt.applied = plain.applied || applied
			t.Run(tt.fault.String(), func(t *testing.T) {
				t.Parallel()
				tt.run(t)
			})
		}
	}
}

func (tt faultCase) run(t *testing.T) {
	t.Helper()
	sb, c := inMemory(t)
	sb.FailNext(tt.fault)
	got := erase(sb, c, "c1")
	if got.status != tt.status || !strings.Contains(got.body, tt.text) {
		t.Errorf("got %d %.200q, want %d with %.200q", got.status, got.body, tt.status, tt.text)
	}
	if !errors.Is(got.err, tt.failure) {
		t.Errorf("got error %v, want %v", got.err, tt.failure)
	}
	for name, values := range tt.header {
		if !slices.Equal(got.header[name], values) {
			t.Errorf("got %s %q, want %q", name, got.header[name], values)
		}
	}
	if got.status == 202 && got.header.Get("X-Request-Id") == "" {
		t.Error("no X-Request-Id")
	}
	if gone := len(sb.Customers(c.AccountCode)) == 0; gone != tt.applied {
		t.Errorf("customer deleted: %v, want %v", gone, tt.applied)
	}
	// A fault affects only one request.
	if tt.applied {
		erase(sb, c, "c1").want(t, 400, "CUSTOMER_NOT_FOUND")
	} else {
		erase(sb, c, "c1").want(t, 202, "")
	}
}

func TestStalledBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sb, c := inMemory(t)
		sb.FailNext(sandbox.Fault{Kind: sandbox.StalledBody})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		got := send(sb, withContext{ctx, sb.Transport()}, c, http.MethodDelete, "/customers/c1")
		if got.status != 202 || got.body == "" || !errors.Is(got.err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("got %+v after %v, want a 202 with a body that never ends", got, time.Since(start))
		}
		if len(sb.Customers(c.AccountCode)) != 0 {
			t.Error("the customer was not deleted")
		}
	})
}

// withContext is a RoundTripper that gives its requests a context.
type withContext struct {
	ctx  context.Context
	next http.RoundTripper
}

func (rt withContext) RoundTrip(r *http.Request) (*http.Response, error) {
	return rt.next.RoundTrip(r.WithContext(rt.ctx))
}

func TestLatency(t *testing.T) {
	t.Parallel()

	t.Run("DelaysResponse", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			sb, c := inMemory(t)
			sb.FailNext(sandbox.Fault{Latency: time.Minute}, sandbox.Fault{Kind: sandbox.InternalError, Latency: time.Second})
			start := time.Now()
			erase(sb, c, "c1").want(t, 202, "")
			if took := time.Since(start); took != time.Minute {
				t.Errorf("took %v, want 1m0s", took)
			}
			erase(sb, c, "c1").want(t, 500, "INTERNAL_ERROR")
			if took := time.Since(start); took != 61*time.Second {
				t.Errorf("took %v, want 1m1s", took)
			}
		})
	})

	for name, tt := range map[string]struct {
		applied bool
		left    int // customers
	}{"BeforeTheEffect": {false, 1}, "AfterTheEffect": {true, 0}} {
		t.Run("ClientGivesUp"+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sb, c := inMemory(t)
				sb.FailNext(sandbox.Fault{Latency: time.Minute, Applied: tt.applied})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				got := send(sb, withContext{ctx, sb.Transport()}, c, http.MethodDelete, "/customers/c1")
				if !errors.Is(got.err, context.DeadlineExceeded) {
					t.Errorf("got %+v, want the client's deadline", got)
				}
				time.Sleep(time.Hour)
				if left := len(sb.Customers(c.AccountCode)); left != tt.left {
					t.Errorf("got %d customers, want %d", left, tt.left)
				}
			})
		})
	}
}

func TestResetOverTCP(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t, sandbox.WithCustomers("c1"))
	sb.FailNext(sandbox.Fault{Kind: sandbox.Reset})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	got := send(sb, transport, sb.Credentials(), http.MethodDelete, "/customers/c1")
	if !errors.Is(got.err, syscall.ECONNRESET) {
		t.Errorf("got %+v, want ECONNRESET", got)
	}
}

// TestFaultsOverHTTP2 uses a server whose connections cannot be hijacked.
func TestFaultsOverHTTP2(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t, sandbox.WithoutListener(), sandbox.WithCustomers("c1"))
	srv := httptest.NewUnstartedServer(sb)
	srv.EnableHTTP2 = true
	srv.TLS = &tls.Config{}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	for _, kind := range []sandbox.Kind{sandbox.Reset, sandbox.LostResponse, sandbox.TruncatedBody} {
		sb.FailNext(sandbox.Fault{Kind: kind})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, srv.URL+"/v1/customers/c1", nil)
		if err != nil {
			t.Fatal(err)
		}
		c := sb.Credentials()
		r.Header = http.Header{"X-Account-Code": {c.AccountCode}, "Public-Api-Key": {c.PublicAPIKey}, "Private-Secret-Key": {c.PrivateSecretKey}}
		resp, err := srv.Client().Do(r)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: no error", kind)
		}
	}
}

func TestRefusalReplacesFaultAfterEffect(t *testing.T) {
	t.Parallel()
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.LostResponse}, {Kind: sandbox.StalledBody}, {Kind: sandbox.NoContent},
		{Kind: sandbox.Reset, Applied: true}, {Applied: true},
	} {
		sb, c := inMemory(t)
		sb.FailNext(f)
		erase(sb, c, "c2").want(t, 400, "CUSTOMER_NOT_FOUND")
	}
}

func TestServeFault(t *testing.T) {
	t.Parallel()
	sb, _ := inMemory(t)
	sb.FailNext(sandbox.Fault{Kind: sandbox.GatewayTimeout})
	for _, tt := range []struct {
		fault  sandbox.Fault
		status int
		text   string
	}{
		{sandbox.Fault{Kind: sandbox.Unavailable}, 503, "SERVICE_UNAVAILABLE"},
		{sandbox.Fault{Kind: "nonsense"}, 501, `unknown kind "nonsense"`},
	} {
		w := httptest.NewRecorder()
		sb.ServeFault(w, httptest.NewRequest(http.MethodDelete, "/v1/customers/c1", nil), tt.fault)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
			t.Errorf("got %d %s, want %d with %s", w.Code, w.Body, tt.status, tt.text)
		}
	}
	if got := sb.Requests(); len(got) != 2 || got[0].Fault.Kind != sandbox.Unavailable {
		t.Errorf("got %v", got)
	}
	// The faults of FailNext were not used up.
	w := httptest.NewRecorder()
	sb.ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/v1/customers/c1", nil))
	if w.Code != http.StatusGatewayTimeout {
		t.Errorf("got %d, want the scripted 504", w.Code)
	}
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	for _, kind := range []sandbox.Kind{sandbox.TooManyRequests, sandbox.InternalError, sandbox.Unavailable, sandbox.GatewayTimeout, sandbox.OversizedBody} {
		sb, c := inMemory(t)
		sb.FailNext(sandbox.Fault{Kind: kind})
		got := erase(sb, c, "c1")
		var body struct {
			Code     string
			Messages []string
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Code == "" || len(body.Messages) != 1 || body.Messages[0] == "" {
			t.Errorf("%s: got %.100s, %v", kind, got.body, err)
		}
	}
}
