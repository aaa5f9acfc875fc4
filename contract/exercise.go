package contract

import (
	"testing"
)

// Exercise runs the conformance suite against an implementation, each case as a subtest
// named after it; it is [Run] for go test. newTarget is called once. Cases that
// need what the target does not offer are skipped.
//
// Every violation fails its subtest, and so does a case that a baseline lists
// and that passes.
func Exercise(t *testing.T, newTarget func(t *testing.T) Target, opts ...RunOption) {
	t.Helper()
	r, err := newRun(newTarget(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	for _, c := range suite() {
		t.Run(c.name, func(t *testing.T) {
			result, err := r.runCase(t.Context(), c)
			if err != nil {
				t.Error(err)
			}
			tell(t, result)
		})
	}
	report := r.finish()
	if report.MinCoverage > 0 {
		report.Coverage.Require(t, report.MinCoverage)
	}
}

// tell passes a result on to the subtest of its case.
func tell(t interface {
	TestingT
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
