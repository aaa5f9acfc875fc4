package conformance

import (
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

// Exercise is [Run] for go test: each case is a subtest with the name of the case. It
// calls newTarget once. Cases that need what the target does not offer are skipped.
//
// A violation fails its subtest, and so does a case that passes although the baseline
// lists it. The test itself fails if no case passed that erases a customer, unless
// [WithoutCustomers] allows that.
func Exercise(t *testing.T, newTarget func(t *testing.T) Target, opts ...RunOption) {
	t.Helper()
	r, err := newRun(newTarget(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.session.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			result, err := r.runCase(t.Context(), c)
			if err != nil {
				t.Error(err)
			}
			r.add(result)
			reportResult(t, result)
		})
	}
	reportRun(t, r.finish())
}

// reportResult reports a result to the subtest of its case.
func reportResult(t interface {
	contract.TestingT
	Skip(args ...any)
	Log(args ...any)
}, r Result) {
	t.Helper()
	switch r.Outcome {
	case Failed:
		for _, v := range r.Violations {
			t.Errorf("%v", v)
		}
		if len(r.Violations) == 0 {
			t.Errorf("%s", r.Reason)
		}
		t.Log("why it matters: " + r.Why)
		for _, line := range r.lines() {
			t.Log(line)
		}
	case Fixed:
		t.Errorf("%s", r.Reason)
	case Accepted:
		for _, v := range r.Violations {
			t.Log(v)
		}
		t.Skip("accepted failure: " + r.Reason)
	case Skipped:
		t.Skip(r.Reason)
	}
}

// reportRun reports to the test what does not belong to a single case.
func reportRun(t interface {
	contract.TestingT
	Log(args ...any)
}, report Report) {
	t.Helper()
	if report.MinCoverage > 0 {
		report.Coverage.Require(t, report.MinCoverage)
	}
	// With go test -run, only some of the cases may have run.
	complete := len(report.Results) == len(suite)
	if complete && !report.WithoutCustomers && !report.erased() {
		t.Errorf("conformance: no case passed that erases a customer; see WithoutCustomers")
	}
	if report.Hint != "" {
		t.Log(report.Hint)
	}
}
