package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

// Where nothing answers, that is the one thing to say.
func TestNothingAnswers(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	count := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	failing := func(err error) Target {
		return Target{BaseURL: "https://x/v1", Transport: roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, err })}
	}
	untrusted := httptest.NewUnstartedServer(count)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	clear := httptest.NewServer(count)
	t.Cleanup(clear.Close)
	closed := httptest.NewServer(count)
	closed.Close()
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(hanging.Close)

	for name, tt := range map[string]struct {
		target Target
		opts   []RunOption
		want   string
	}{
		"Refused":        {Target{BaseURL: closed.URL + "/v1"}, nil, "a refused connection"},
		"Certificate":    {Target{BaseURL: untrusted.URL + "/v1"}, nil, "a certificate that is not trusted"},
		"NoTLS":          {Target{BaseURL: strings.Replace(clear.URL, "http:", "https:", 1) + "/v1"}, nil, "other than TLS"},
		"Timeout":        {Target{BaseURL: hanging.URL + "/v1"}, []RunOption{WithTimeout(20 * time.Millisecond)}, "nothing within the time limit"},
		"DNS":            {failing(&net.DNSError{Name: "secret-host", IsNotFound: true}), nil, "does not resolve"},
		"Unreachable":    {failing(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}), nil, "cannot be reached"},
		"InATransport":   {failing(&tls.CertificateVerificationError{Err: errors.New("x")}), nil, "not trusted"},
		"HandlerDoesNot": {Target{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })}, []RunOption{WithTimeout(20 * time.Millisecond)}, "nothing within the time limit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.target.Credentials = first
			tt.target.Strict = true
			report, err := Run(t.Context(), tt.target, append(tt.opts, WithoutCustomers())...)
			if err == nil || !strings.Contains(err.Error(), "nothing answers at the base URL: ") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got error %v, want %q", err, tt.want)
			}
			if strings.Count(err.Error(), "\n") > 0 || strings.Contains(err.Error(), "secret-host") || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("got error %v, want one line that quotes nothing", err)
			}
			if report.OK() || report.Count(Skipped) != len(suite()) {
				t.Errorf("%d of %d cases skipped, OK %v", report.Count(Skipped), len(suite()), report.OK())
			}
		})
	}
	t.Cleanup(func() {
		if reached.Load() > 0 {
			t.Errorf("%d requests went to whoever is not the target", reached.Load())
		}
	})
}

// A connection that breaks is what a wrong implementation does, so the cases judge it.
func TestBrokenConnectionsAreJudged(t *testing.T) {
	t.Parallel()
	target := newReference().target()
	target.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	wantViolation(t, mustRun(t, target, only("not-found")), "not-found", contract.RuleNoResponse)
}

func TestProbeOfAStoppedRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, newReference().target()); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
}

// What is wrong with the description of a target is not a fault of the target.
func TestHints(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*Target)
		want   string
	}{
		"WrongKeys":    {func(x *Target) { x.Credentials.PrivateSecretKey = "another" }, "401: check the keys"},
		"WrongAccount": {func(x *Target) { x.Credentials.AccountCode = unknownID() }, "403: check the account code"},
		"WrongURL":     {func(x *Target) { x.BaseURL = strings.TrimSuffix(x.BaseURL, "/v1") + "/v2" }, "404: check the base URL"},
		"Right":        {func(*Target) {}, ""},
		"NoCustomers":  {func(x *Target) { x.NewCustomer = nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			// Refused before the account is looked at, as our server does.
			ref.id = func(id string) bool { return len(id) <= 64 && !strings.ContainsAny(id, "/;#") }
			server := httptest.NewServer(ref)
			defer server.Close()
			target := ref.target()
			target.Handler, target.BaseURL = nil, server.URL+"/v1"
			tt.change(&target)
			report := mustRun(t, target)
			if report.Hint == "" != (tt.want == "") || !strings.Contains(report.Hint, tt.want) {
				t.Errorf("got hint %q, want %q", report.Hint, tt.want)
			}
			for _, result := range report.Results {
				for _, v := range result.Violations {
					if tt.want != "" && v.Rule == RuleCaseErased {
						t.Errorf("%s accuses the server of erasing somebody: %v", result.Name, v)
					}
				}
			}
			if tt.want != "" && !strings.Contains(report.Err().Error(), tt.want) {
				t.Errorf("got %v, want the hint in it", report.Err())
			}
		})
	}
}

// After a 101 the connection never ends, and neither must that what is read of it.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		_ = rw.Flush()
		_, _ = io.Copy(io.Discard, conn) // until the other side closes
		_ = conn.Close()
	}))
	t.Cleanup(server.Close)

	report := mustRun(t, Target{BaseURL: server.URL + "/v1", Credentials: first}, only("not-found"))
	wantViolation(t, report, "not-found", contract.RuleStatus)
}
