package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

func outcome(t *testing.T, report Report, name string) Result {
	t.Helper()
	for _, r := range report.Results {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no case %q in the report", name)
	return Result{}
}

func TestCases(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.Name] {
			t.Errorf("two cases are named %s", c.Name)
		}
		seen[c.Name] = true
		if c.Name == "" || strings.ContainsAny(c.Name, " \t#") || len(c.Why) < 20 {
			t.Errorf("case %q: why %q", c.Name, c.Why)
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d cases, want 50 or more", len(seen))
	}
}

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
		{"NoCustomersBare", func(x *Target) { x.NewCustomer, x.Strict = nil, false }, "key-secret-wrong", "or Strict", "not-found"},
		{"NoCustomersToSurvive", func(x *Target) { x.NewCustomer = nil }, "refusals-change-nothing", "customers that may be erased", "body-json"},
		{"NoSecondAccount", func(x *Target) { x.SecondAccount = Credentials{} }, "keys-of-another-account", "second account", "account-unknown"},
		{"Bare", func(x *Target) { x.Strict = false }, "method-get", "Strict", "accepted"},
		{"Timing", func(x *Target) {}, "key-check-time", "timing option", "accepted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := ref.target()
			tt.change(&target)
			report := mustRun(t, target)
			if r := outcome(t, report, tt.skipped); r.Outcome != Skipped || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("%s: %s %q, want skipped because it needs %s", r.Name, r.Outcome, r.Reason, tt.reason)
			}
			if r := outcome(t, report, tt.passed); r.Outcome != Passed {
				t.Errorf("%s: %s %q", r.Name, r.Outcome, r.Reason)
			}
		})
	}
}

// What goes into a URL is logged on the way, so no key does unless there is no way.
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
		if r := outcome(t, report, "query-keys"); (r.Outcome == Skipped) != skipped || leaked == skipped {
			t.Errorf("%s: query-keys %s, a key in a URL: %v", baseURL, r.Outcome, leaked)
		}
	}
}

func TestRunAgainstURL(t *testing.T) {
	t.Parallel()

	t.Run("OverTLSWithHTTP2", func(t *testing.T) {
		t.Parallel()
		ref := newReference()
		server := httptest.NewUnstartedServer(ref)
		server.EnableHTTP2 = true
		server.StartTLS()
		defer server.Close()
		target := ref.target()
		target.Handler, target.BaseURL, target.Transport = nil, server.URL+"/v1/", server.Client().Transport
		wantAllPassed(t, mustRun(t, target), "key-check-time")
	})

	t.Run("HTTP1OnlyIsSkipped", func(t *testing.T) {
		t.Parallel()
		ref := newReference()
		server := httptest.NewServer(ref)
		defer server.Close()
		target := ref.target()
		target.Handler, target.BaseURL = nil, server.URL+"/v1"
		report := mustRun(t, target)
		if r := outcome(t, report, "http2-accepted"); r.Outcome != Skipped {
			t.Errorf("got %s, want skipped", r.Outcome)
		}
		target.Transport = http.DefaultTransport
		report = mustRun(t, target)
		for _, name := range []string{"http2-accepted", "http2-refused"} {
			if r := outcome(t, report, name); r.Outcome != Skipped || r.Reason != "the target does not speak HTTP/2" {
				t.Errorf("%s: got %s %q, want skipped", name, r.Outcome, r.Reason)
			}
		}
	})

	t.Run("AtAnotherBasePath", func(t *testing.T) {
		t.Parallel()
		ref := newReference()
		server := httptest.NewServer(http.StripPrefix("/api", ref))
		defer server.Close()
		target := ref.target()
		target.Handler, target.BaseURL = nil, server.URL+"/api/v1"
		if r := outcome(t, mustRun(t, target), "accepted"); r.Outcome != Passed {
			t.Errorf("got %s %v", r.Outcome, r.Violations)
		}
	})

	// A proxy that knows header names in one spelling only.
	t.Run("HeaderNamesLostOnTheWay", func(t *testing.T) {
		t.Parallel()
		ref := newReference()
		server := httptest.NewServer(ref)
		defer server.Close()
		target := ref.target()
		target.Handler, target.BaseURL = nil, server.URL+"/v1"
		target.Transport = roundTripFunc(func(r *http.Request) (*http.Response, error) {
			for name := range r.Header {
				if name != http.CanonicalHeaderKey(name) {
					delete(r.Header, name)
				}
			}
			return http.DefaultTransport.RoundTrip(r)
		})
		wantViolation(t, mustRun(t, target), "header-name-case", RuleCaseStatus)
	})

	// Keys must not follow a redirect, whatever the answer says.
	t.Run("FollowsNoRedirect", func(t *testing.T) {
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
	})

	t.Run("StalledBodyEndsToo", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(400)
			_, _ = w.Write([]byte("{"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}))
		defer server.Close()
		report := mustRun(t, Target{BaseURL: server.URL + "/v1", Credentials: first}, WithTimeout(time.Second), only("not-found"))
		wantViolation(t, report, "not-found", contract.RuleTruncated)
	})
}

func TestRunOptions(t *testing.T) {
	t.Parallel()

	t.Run("SkipsByName", func(t *testing.T) {
		t.Parallel()
		report := mustRun(t, newReference().target(), WithSkip("accepted", "not-found"))
		if r := outcome(t, report, "accepted"); r.Outcome != Skipped || r.Reason != "skipped by name" {
			t.Errorf("got %s %q", r.Outcome, r.Reason)
		}
		if got := report.Count(Skipped); got != 3 { // and the timing case
			t.Errorf("%d cases skipped, want 3", got)
		}
	})

	t.Run("AcceptsFailuresOfTheBaseline", func(t *testing.T) {
		t.Parallel()
		b, err := ParseBaseline(strings.NewReader("request-id  not there yet\n"))
		if err != nil {
			t.Fatal(err)
		}
		ref := newReference()
		ref.requestID = func() string { return "1" }
		report := mustRun(t, ref.target(), WithBaseline(b))
		r := outcome(t, report, "request-id")
		if r.Outcome != Accepted || r.Reason != "not there yet" || len(r.Violations) == 0 || !report.OK() {
			t.Errorf("got %s %q %v, OK %v", r.Outcome, r.Reason, r.Violations, report.OK())
		}
		report = mustRun(t, newReference().target(), WithBaseline(b))
		if r := outcome(t, report, "request-id"); r.Outcome != Fixed || report.OK() {
			t.Errorf("got %s, OK %v, want fixed and not OK", r.Outcome, report.OK())
		}
		target := newReference().target()
		target.Strict = false
		if r := outcome(t, mustRun(t, target, WithBaseline(b)), "request-id"); r.Outcome != Skipped {
			t.Errorf("got %s, want skipped: it did not run", r.Outcome)
		}
	})

	t.Run("DemandsCoverage", func(t *testing.T) {
		t.Parallel()
		// 202, 400, 401, 403 and 405 of nine.
		if report := mustRun(t, newReference().target(), WithMinCoverage(5.0/9)); !report.OK() {
			t.Errorf("got %s", report.Coverage)
		}
		if report := mustRun(t, newReference().target(), WithMinCoverage(0.6)); report.OK() {
			t.Error("OK with too little coverage")
		}
	})
}

func TestRunReportsWhatKeepsItFromJudging(t *testing.T) {
	t.Parallel()

	t.Run("CustomersRunOut", func(t *testing.T) {
		t.Parallel()
		ref := newReference()
		target := ref.target()
		id, _ := ref.newCustomer(t.Context())
		target.NewCustomer, target.Customers = nil, []string{id}
		report := mustRun(t, target)
		if r := outcome(t, report, "accepted"); r.Outcome != Passed {
			t.Errorf("accepted: got %s", r.Outcome)
		}
		if r := outcome(t, report, "repeated-delete"); r.Outcome != Skipped {
			t.Errorf("repeated-delete: got %s %q, want skipped", r.Outcome, r.Reason)
		}
	})

	t.Run("CustomersCannotBeCreated", func(t *testing.T) {
		t.Parallel()
		target := newReference().target()
		broken := errors.New("no database")
		target.NewCustomer = func(context.Context) (string, error) { return "", broken }
		report, err := Run(t.Context(), target)
		if !errors.Is(err, broken) {
			t.Errorf("got error %v, want %v", err, broken)
		}
		if r := outcome(t, report, "accepted"); r.Outcome != Failed || report.OK() {
			t.Errorf("got %s, want failed", r.Outcome)
		}
		if r := outcome(t, report, "not-found"); r.Outcome != Passed {
			t.Errorf("not-found: got %s, want passed: it needs no customer", r.Outcome)
		}
		target.NewCustomer = func(context.Context) (string, error) { return "", nil }
		if _, err := Run(t.Context(), target); err == nil || !strings.Contains(err.Error(), "an id is empty") {
			t.Errorf("got error %v, want one about the empty id", err)
		}
	})

	t.Run("Stopped", func(t *testing.T) {
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
		if got := report.Count(Skipped); got != len(suite()) || report.OK() {
			t.Errorf("%d cases skipped of %d, OK %v", got, len(suite()), report.OK())
		}
	})
}

func TestCredentialsAreNotPrinted(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, v := range []any{first, &first, Target{Credentials: first, SecondAccount: first}} {
			text := fmt.Sprintf(format, v)
			for _, secret := range []string{first.AccountCode, first.PublicAPIKey, first.PrivateSecretKey} {
				if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
					t.Errorf("%s of a %T prints a secret", format, v)
				}
			}
		}
	}
}

func TestOtherCase(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"aB1": "Ab1", "123": "123x", "ключ": "КЛЮЧ"} {
		if got := otherCase(key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}

func TestCredentialsAreNotMarshalled(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(map[string]any{"c": first, "p": &first}); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "c", first, "p", &first)
	if got := strings.Count(b.String(), "[redacted]"); got != 4 {
		t.Errorf("redacted %d times, want 4", got)
	}
	if strings.Contains(b.String(), first.PrivateSecretKey) {
		t.Error("the secret key is in it")
	}
}

// Hanging up on a body that is too long is as good as refusing it.
func TestHangingUpOnALargeBodyIsFine(t *testing.T) {
	t.Parallel()
	ref := newReference()
	ref.early = func(_ *reference, r *http.Request) {
		if n, _ := io.CopyN(io.Discard, r.Body, 1<<10); n == 1<<10 {
			panic(http.ErrAbortHandler)
		}
	}
	if r := outcome(t, mustRun(t, ref.target(), only("body-large")), "body-large"); r.Outcome != Passed {
		t.Errorf("got %s %v", r.Outcome, r.Violations)
	}
	ref.early = func(_ *reference, r *http.Request) {
		if r.ContentLength != 0 {
			panic(http.ErrAbortHandler)
		}
	}
	wantViolation(t, mustRun(t, ref.target(), only("body-json")), "body-json", contract.RuleNoResponse)
}
