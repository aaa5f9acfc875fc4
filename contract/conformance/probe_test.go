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
	"syscall"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

func TestUnreachableTargets(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewUnstartedServer(unreachable(t))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := httptest.NewServer(unreachable(t))
	t.Cleanup(plain.Close)
	hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	hanging := httptest.NewServer(hang)
	t.Cleanup(hanging.Close)
	failing := func(err error) Target {
		return Target{BaseURL: "https://x/v1", Transport: roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, err })}
	}
	for name, tt := range map[string]struct {
		target Target
		want   string
	}{
		"Refused":         {Target{BaseURL: closed.URL + "/v1"}, "a refused connection"},
		"Certificate":     {Target{BaseURL: untrusted.URL + "/v1"}, "a certificate that is not trusted for this host"},
		"NoTLS":           {Target{BaseURL: strings.Replace(plain.URL, "http:", "https:", 1) + "/v1"}, "something other than TLS on a port for https"},
		"Timeout":         {Target{BaseURL: hanging.URL + "/v1"}, "a timeout"},
		"DNS":             {failing(&net.DNSError{Name: "secret-host", IsNotFound: true}), "a host name that does not resolve"},
		"Unreachable":     {failing(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}), "a host that cannot be reached"},
		"ByItsTransport":  {failing(&tls.CertificateVerificationError{Err: errors.New("x")}), "a certificate that is not trusted for this host"},
		"HandlerTimesOut": {Target{Handler: hang}, "a timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.target.Credentials, tt.target.Strict = first, true
			limit := 30 * time.Second
			if tt.want == "a timeout" {
				limit = 20 * time.Millisecond
			}
			report, err := Run(t.Context(), tt.target, WithoutCustomers(), WithTimeout(limit))
			if want := "conformance: no response from the base URL: " + tt.want; err == nil || err.Error() != want {
				t.Errorf("got error %v, want %s", err, want)
			}
			if report.OK() || report.Count(Skipped) != len(suite) {
				t.Errorf("%d of %d cases skipped, OK %v", report.Count(Skipped), len(suite), report.OK())
			}
		})
	}
}

// unreachable is a handler that no request must reach.
func unreachable(t *testing.T) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
}

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

// A mistake in the description of a target must not look like a fault of the target.
func TestHints(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*Target)
		want   string
	}{
		"WrongKeys":    {func(x *Target) { x.Credentials.PrivateSecretKey = "another" }, "every valid request got status 401; check the keys"},
		"WrongAccount": {func(x *Target) { x.Credentials.AccountCode = unknownID() }, "every valid request got status 403; check the account code"},
		"WrongURL":     {func(x *Target) { x.BaseURL = strings.TrimSuffix(x.BaseURL, "/v1") + "/v2" }, "every valid request got status 404; check the base URL"},
		"Right":        {func(*Target) {}, ""},
		"NoCustomers":  {func(x *Target) { x.NewCustomer = nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			// Like the server of this project, refuse these ids before the account is checked.
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
						t.Errorf("%s accuses the server of erasing a customer: %v", result.Name, v)
					}
				}
			}
			if tt.want != "" && !strings.Contains(report.Err().Error(), tt.want) {
				t.Errorf("got %v, want the hint in it", report.Err())
			}
		})
	}
}

// After a 101 the connection stays open, so reading it as a body would not end.
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
