package conformance

import (
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

// Exercise runs the conformance suite against an implementation, each case as a subtest
// named after it; it is [Run] for go test. newTarget is called once. Cases that
// need what the target does not offer are skipped.
//
// Every violation fails its subtest, and so does a case that a baseline lists
// and that passes. The test itself fails if no case passed in which a customer is
// erased, unless [WithoutCustomers] permits it.
func Exercise(t *testing.T, newTarget func(t *testing.T) Target, opts ...RunOption) {
	t.Helper()
	r, err := newRun(newTarget(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.session.probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range suite() {
		t.Run(c.name, func(t *testing.T) {
			result, err := r.runCase(t.Context(), c)
			if err != nil {
				t.Error(err)
			}
			r.report.Results = append(r.report.Results, result)
			tell(t, result)
		})
	}
	conclude(t, r.finish())
}

// conclude fails the test for what no single case can fail for.
func conclude(t interface {
	contract.TestingT
	Log(args ...any)
}, report Report) {
	t.Helper()
	if report.MinCoverage > 0 {
		report.Coverage.Require(t, report.MinCoverage)
	}
	// go test -run may have chosen among the cases.
	if complete := len(report.Results) == len(suite()); complete && !report.WithoutCustomers && !report.erased() {
		t.Errorf("contract: no case passed in which a customer is erased; see WithoutCustomers")
	}
	if report.Hint != "" {
		t.Log(report.Hint)
	}
}

// tell passes a result on to the subtest of its case.
func tell(t interface {
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
