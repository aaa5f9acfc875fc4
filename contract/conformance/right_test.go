package conformance

import (
	"context"
	"strings"
	"testing"
)

// Right implementations pass without a finding.

func TestRightReference(t *testing.T) {
	t.Parallel()
	ref := newReference()
	report := mustRun(t, ref.target())
	wantAllPassed(t, report, "key-check-time")
	if n := ref.deletes.Load(); n != CustomersNeeded {
		t.Errorf("the run erased %d customers, CustomersNeeded is %d", n, CustomersNeeded)
	}
}

func TestRightBare(t *testing.T) {
	t.Parallel()
	b := newBare()
	report := mustRun(t, Target{Handler: b.handler(), Credentials: first, NewCustomer: b.newCustomer})
	for _, r := range report.Results {
		if r.Outcome == Failed {
			t.Errorf("%s: %v", r.Name, r.Violations)
		}
		if r.Outcome == Skipped && !strings.HasPrefix(r.Reason, "needs ") {
			t.Errorf("%s skipped: %s", r.Name, r.Reason)
		}
	}
	if report.Count(Passed) < 25 {
		t.Errorf("%d cases passed, want 25 or more", report.Count(Passed))
	}
}

// A finite list of CustomersNeeded is enough, and each is used once.
func TestRightWithListOfCustomers(t *testing.T) {
	t.Parallel()
	ref := newReference()
	target := ref.target()
	for range CustomersNeeded {
		id, _ := ref.newCustomer(context.Background())
		target.Customers = append(target.Customers, id)
	}
	target.NewCustomer = nil
	wantAllPassed(t, mustRun(t, target), "key-check-time")
}

func wantAllPassed(t *testing.T, report Report, except ...string) {
	t.Helper()
	skip := map[string]bool{}
	for _, name := range except {
		skip[name] = true
	}
	for _, r := range report.Results {
		if r.Outcome != Passed && !skip[r.Name] {
			t.Errorf("%s %s: %s %v", r.Outcome, r.Name, r.Reason, r.Violations)
		}
	}
}
