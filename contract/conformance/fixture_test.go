package conformance

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

var (
	first = Credentials{
		AccountCode:      "5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11",
		PublicAPIKey:     "sandbox_public-key-of-first",
		PrivateSecretKey: "private-Secret-key-of-first",
	}
	second = Credentials{
		AccountCode:      "9d1f8b64-2b1c-4c56-9a8e-6f1d2c3b4a55",
		PublicAPIKey:     "sandbox_public-key-of-second",
		PrivateSecretKey: "private-Secret-key-of-second",
	}
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// mustRun runs the suite and fails the test if the target cannot be judged.
func mustRun(t *testing.T, target Target, opts ...RunOption) Report {
	t.Helper()
	report, err := Run(t.Context(), target, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// withFastClock has 20 seconds pass between two readings of the clock, so that the wait
// for an accepted erasure ends soon.
func withFastClock() RunOption {
	return func(c *runConfig) error {
		var readings atomic.Int64
		c.now = func() time.Time { return time.Unix(20*readings.Add(1), 0) }
		return nil
	}
}

// only skips every case but one.
func only(name string) RunOption {
	var others []string
	for _, c := range suite {
		if c.name != name {
			others = append(others, c.name)
		}
	}
	return WithSkip(others...)
}

// onlyReads skips the cases about the deletion.
func onlyReads() RunOption {
	var others []string
	for _, c := range suite {
		if c.operation == "" {
			others = append(others, c.name)
		}
	}
	return WithSkip(others...)
}

// resultOf returns the result of the named case.
func resultOf(t *testing.T, report Report, name string) Result {
	t.Helper()
	i := slices.IndexFunc(report.Results, func(r Result) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no case %q in the report", name)
	}
	return report.Results[i]
}

// wantViolation fails the test unless the case found a violation of the rule.
func wantViolation(t *testing.T, report Report, name string, rule contract.Rule) {
	t.Helper()
	r := resultOf(t, report, name)
	if !slices.ContainsFunc(r.Violations, func(v contract.Violation) bool { return v.Rule == rule }) {
		t.Errorf("case %s %s %q with %v, want rule %s", r.Name, r.Outcome, r.Reason, r.Violations, rule)
	}
}

// wantAllPassed fails the test unless every case passed. The named ones may be skipped.
func wantAllPassed(t *testing.T, report Report, except ...string) {
	t.Helper()
	for _, r := range report.Results {
		if r.Outcome != Passed && (r.Outcome != Skipped || !slices.Contains(except, r.Name)) {
			t.Errorf("%s %s: %s %v", r.Outcome, r.Name, r.Reason, r.Violations)
		}
	}
}
