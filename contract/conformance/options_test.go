package conformance

import (
	"strings"
	"testing"
)

func TestWithSkip(t *testing.T) {
	t.Parallel()
	report := mustRun(t, newReference().target(), WithSkip("accepted", "not-found"))
	if r := resultOf(t, report, "accepted"); r.Outcome != Skipped || r.Reason != "skipped by name" {
		t.Errorf("got %s %q", r.Outcome, r.Reason)
	}
	byName := 0
	for _, r := range report.Results {
		if r.Reason == "skipped by name" {
			byName++
		}
	}
	if byName != 2 {
		t.Errorf("%d cases skipped, want 2", byName)
	}
}

func TestWithBaseline(t *testing.T) {
	t.Parallel()
	b, err := ParseBaseline(strings.NewReader("request-id  not there yet\n"))
	if err != nil {
		t.Fatal(err)
	}
	ref := newReference()
	ref.requestID = func() string { return "1" }
	report := mustRun(t, ref.target(), WithBaseline(b))
	r := resultOf(t, report, "request-id")
	if r.Outcome != Accepted || r.Reason != "not there yet" || len(r.Violations) == 0 || !report.OK() {
		t.Errorf("got %s %q %v, OK %v", r.Outcome, r.Reason, r.Violations, report.OK())
	}
	report = mustRun(t, newReference().target(), WithBaseline(b))
	if r := resultOf(t, report, "request-id"); r.Outcome != Fixed || report.OK() {
		t.Errorf("got %s, OK %v, want fixed and not OK", r.Outcome, report.OK())
	}
	target := newReference().target()
	target.Strict = false
	if r := resultOf(t, mustRun(t, target, WithBaseline(b)), "request-id"); r.Outcome != Skipped {
		t.Errorf("got %s, want skipped: it did not run", r.Outcome)
	}
}

func TestWithMinCoverage(t *testing.T) {
	t.Parallel()
	// 202, 400, 401, 403 and 405 of nine.
	if report := mustRun(t, newReference().target(), WithMinCoverage(5.0/9)); !report.OK() {
		t.Errorf("got %s", report.Coverage)
	}
	if report := mustRun(t, newReference().target(), WithMinCoverage(0.6)); report.OK() {
		t.Error("OK with too little coverage")
	}
}
