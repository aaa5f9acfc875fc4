package conformance

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

func TestRunSkipsWhatTheTargetLacks(t *testing.T) {
	t.Parallel()
	ref := newReference()
	for _, tt := range []struct {
		name    string
		change  func(*Target)
		skipped string
		reason  string
		passed  string
	}{
		{"NoCustomersStrict", func(x *Target) { x.NewCustomer = nil }, "accepted", "customers that may be erased", "key-secret-wrong"},
		{"NoCustomersBare", func(x *Target) { x.NewCustomer, x.Strict = nil, false }, "key-secret-wrong", "or a strict target", "not-found"},
		{"NoKeptCustomer", func(x *Target) { x.NewCustomer = nil }, "refusals-change-nothing", "customers that may be erased", "body-json"},
		{"NoSecondAccount", func(x *Target) { x.SecondAccount = Credentials{} }, "keys-of-another-account", "second account", "account-unknown"},
		{"Bare", func(x *Target) { x.Strict = false }, "method-get", "a strict target", "accepted"},
		{"Timing", func(x *Target) {}, "key-check-time", "timing option", "accepted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := ref.target()
			tt.change(&target)
			report := mustRun(t, target)
			if r := resultOf(t, report, tt.skipped); r.Outcome != Skipped || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("%s: %s %q, want skipped because it needs %s", r.Name, r.Outcome, r.Reason, tt.reason)
			}
			if r := resultOf(t, report, tt.passed); r.Outcome != Passed {
				t.Errorf("%s: %s %q", r.Name, r.Outcome, r.Reason)
			}
		})
	}
}

// URLs are logged by proxies, so the suite puts keys into the URL of a loopback target
// only.
func TestKeysStayOutOfRemoteURLs(t *testing.T) {
	t.Parallel()
	for baseURL, skipped := range map[string]bool{"https://x/v1": true, "https://localhost/v1": false} {
		ref := newReference()
		leaked := false
		target := ref.target()
		target.Handler, target.BaseURL = nil, baseURL
		target.Transport = roundTripFunc(func(r *http.Request) (*http.Response, error) {
			leaked = leaked || strings.Contains(r.URL.String(), first.PrivateSecretKey)
			w := httptest.NewRecorder()
			if r.Body == nil {
				r.Body = http.NoBody // as a server gets it
			}
			ref.ServeHTTP(w, r)
			return w.Result(), nil
		})
		report := mustRun(t, target, only("query-keys"))
		if r := resultOf(t, report, "query-keys"); (r.Outcome == Skipped) != skipped || leaked == skipped {
			t.Errorf("%s: query-keys %s, a key in a URL: %v", baseURL, r.Outcome, leaked)
		}
	}
}

func TestRunOverTLSWithHTTP2(t *testing.T) {
	t.Parallel()
	ref := newReadingReference()
	server := httptest.NewUnstartedServer(ref)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	target := ref.target()
	target.Handler, target.BaseURL, target.Transport = nil, server.URL+"/v1/", server.Client().Transport
	wantAllPassed(t, mustRun(t, target), "key-check-time", "method-get")
}

func TestRunSkipsHTTP2IfUnsupported(t *testing.T) {
	t.Parallel()
	ref := newReference()
	server := httptest.NewServer(ref)
	defer server.Close()
	target := ref.target()
	target.Handler, target.BaseURL = nil, server.URL+"/v1"
	report := mustRun(t, target)
	if r := resultOf(t, report, "http2-accepted"); r.Outcome != Skipped {
		t.Errorf("got %s, want skipped", r.Outcome)
	}
	target.Transport = new(http.Transport)
	report = mustRun(t, target)
	for _, name := range []string{"http2-accepted", "http2-refused"} {
		if r := resultOf(t, report, name); r.Outcome != Skipped || r.Reason != "the target does not speak HTTP/2" {
			t.Errorf("%s: got %s %q, want skipped", name, r.Outcome, r.Reason)
		}
	}
}

func TestRunAtAnotherBasePath(t *testing.T) {
	t.Parallel()
	ref := newReference()
	server := httptest.NewServer(http.StripPrefix("/api", ref))
	defer server.Close()
	target := ref.target()
	target.Handler, target.BaseURL = nil, server.URL+"/api/v1"
	if r := resultOf(t, mustRun(t, target), "accepted"); r.Outcome != Passed {
		t.Errorf("got %s %v", r.Outcome, r.Violations)
	}
}

// The proxy knows header names in canonical case only.
func TestRunBehindProxyThatDropsHeaders(t *testing.T) {
	t.Parallel()
	ref := newReference()
	server := httptest.NewServer(ref)
	defer server.Close()
	target := ref.target()
	target.Handler, target.BaseURL = nil, server.URL+"/v1"
	network := new(http.Transport)
	target.Transport = roundTripFunc(func(r *http.Request) (*http.Response, error) {
		for name := range r.Header {
			if name != http.CanonicalHeaderKey(name) {
				delete(r.Header, name)
			}
		}
		return network.RoundTrip(r)
	})
	wantViolation(t, mustRun(t, target), "header-name-case", RuleCaseStatus)
}

// A redirect would send the keys to another address.
func TestRunFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var strayed atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	report := mustRun(t, Target{BaseURL: server.URL + "/v1", Credentials: first, Strict: true})
	if strayed.Load() > 0 {
		t.Errorf("%d requests followed the redirect", strayed.Load())
	}
	wantViolation(t, report, "not-found", contract.RuleStatus)
}

func TestRunEndsStalledBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener := pipenet.Listen()
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(400)
			_, _ = w.Write([]byte("{"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		transport := &http.Transport{DialContext: listener.DialContext}
		defer transport.CloseIdleConnections()
		target := Target{BaseURL: "http://" + listener.Addr().String() + "/v1", Transport: transport, Credentials: first}
		report := mustRun(t, target, only("not-found"))
		wantViolation(t, report, "not-found", contract.RuleTruncated)
	})
}

func TestRunOutOfCustomers(t *testing.T) {
	t.Parallel()
	ref := newReference()
	target := ref.target()
	id, _ := ref.newCustomer(t.Context())
	target.NewCustomer, target.Customers = nil, []string{id}
	report := mustRun(t, target)
	if r := resultOf(t, report, "accepted"); r.Outcome != Passed {
		t.Errorf("accepted: got %s", r.Outcome)
	}
	if r := resultOf(t, report, "repeated-delete"); r.Outcome != Skipped {
		t.Errorf("repeated-delete: got %s %q, want skipped", r.Outcome, r.Reason)
	}
}

func TestRunReportsThatCustomersCannotBeCreated(t *testing.T) {
	t.Parallel()
	target := newReference().target()
	broken := errors.New("no database")
	target.NewCustomer = func(context.Context) (string, error) { return "", broken }
	report, err := Run(t.Context(), target)
	if !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
	if r := resultOf(t, report, "accepted"); r.Outcome != Failed || report.OK() {
		t.Errorf("got %s, want failed", r.Outcome)
	}
	if r := resultOf(t, report, "not-found"); r.Outcome != Passed {
		t.Errorf("not-found: got %s, want passed: it needs no customer", r.Outcome)
	}
	target.NewCustomer = func(context.Context) (string, error) { return "", nil }
	if _, err := Run(t.Context(), target); err == nil || !strings.Contains(err.Error(), "the id of a new customer is empty") {
		t.Errorf("got error %v, want one about the empty id", err)
	}
}

func TestRunStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	target := newReference().target()
	create := target.NewCustomer
	var once sync.Once
	target.NewCustomer = func(ctx context.Context) (string, error) {
		once.Do(cancel)
		return create(ctx)
	}
	report, err := Run(ctx, target)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	if got := report.Count(Skipped); got != len(suite) || report.OK() {
		t.Errorf("%d cases skipped of %d, OK %v", got, len(suite), report.OK())
	}
}

func TestUnique(t *testing.T) {
	t.Parallel()
	a, b := contract.Violation{Rule: contract.RuleStatus}, contract.Violation{Rule: contract.RuleSchema}
	got := unique([]finding{{a, []int{1}}, {b, []int{2}}, {a, []int{3}}, {a, []int{4}}})
	if len(got) != 2 || got[0].Violation != a || got[0].requests[0] != 1 || got[1].Violation != b {
		t.Errorf("got %v, want the first of each", got)
	}
}
