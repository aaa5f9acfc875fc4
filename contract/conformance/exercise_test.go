package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

func TestExercise(t *testing.T) {
	t.Parallel()
	Exercise(t, func(*testing.T) Target { return newReference().target() }, WithMinCoverage(0.5))
}

// wrongServer is set in the copy of the test binary in which Exercise must fail.
const wrongServer = "CONTRACT_TEST_WRONG_SERVER"

func TestExerciseWrongServer(t *testing.T) {
	if os.Getenv(wrongServer) == "" {
		t.Skip("run by TestExerciseFails")
	}
	Exercise(t, func(*testing.T) Target {
		ref := newReference()
		replaceStatus(202, 204)(ref)
		return ref.target()
	}, WithMinCoverage(0.5))
}

func TestExerciseFails(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestExerciseWrongServer$", "-test.v")
	cmd.Env = append(os.Environ(), wrongServer+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("the wrong server passed")
	}
	for _, want := range []string{
		"--- FAIL: TestExerciseWrongServer/accepted",
		"--- PASS: TestExerciseWrongServer/not-found",
		"--- SKIP: TestExerciseWrongServer/key-check-time",
		"delete-customer: response status: found 204, expected 202, 400, 401, 403, 405, 429, 500, 503 or 504 [response-status]",
		"why it matters: erasing a customer is what the call is for",
		"44% of the documented responses seen, want 50%",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestReportRun(t *testing.T) {
	t.Parallel()
	var all []Result
	for _, c := range suite {
		all = append(all, Result{Name: c.name, Outcome: Skipped})
	}
	for name, tt := range map[string]struct {
		report       Report
		errors, logs int
	}{
		"NoneErased":          {Report{Results: all}, 1, 0},
		"NoneErasedOnPurpose": {Report{Results: all, WithoutCustomers: true}, 0, 0},
		"SomeCasesOnly":       {Report{Results: all[:3]}, 0, 0},
		"TooLittleSeen":       {Report{Results: all[:3], MinCoverage: 1}, 1, 0},
		"Hint":                {Report{Results: all[:3], Hint: "check the keys"}, 0, 1},
	} {
		var got recordingT
		reportRun(&got, tt.report)
		if len(got.errors) != tt.errors || len(got.logs) != tt.logs {
			t.Errorf("%s: got %+v, want %d errors, %d logs", name, got, tt.errors, tt.logs)
		}
	}
}

// recordingT records what is reported to a test.
type recordingT struct{ errors, logs, skips []string }

func (*recordingT) Helper() {}
func (l *recordingT) Errorf(f string, args ...any) {
	l.errors = append(l.errors, fmt.Sprintf(f, args...))
}
func (l *recordingT) Log(args ...any)  { l.logs = append(l.logs, fmt.Sprint(args...)) }
func (l *recordingT) Skip(args ...any) { l.skips = append(l.skips, fmt.Sprint(args...)) }

func TestReportResult(t *testing.T) {
	t.Parallel()
	v := contract.Violation{Operation: "op", Place: "place", Rule: contract.RuleStatus, Found: "a", Expected: "b"}
	for _, tt := range []struct {
		result              Result
		errors, logs, skips int
	}{
		{Result{Outcome: Passed}, 0, 0, 0},
		{Result{Outcome: Failed, Violations: []contract.Violation{v, v}}, 2, 1, 0},
		{Result{Outcome: Failed, Reason: "no customer"}, 1, 1, 0},
		{Result{Outcome: Fixed}, 1, 0, 0},
		{Result{Outcome: Accepted, Violations: []contract.Violation{v}}, 0, 1, 1},
		{Result{Outcome: Skipped}, 0, 0, 1},
	} {
		var got recordingT
		reportResult(&got, tt.result)
		if len(got.errors) != tt.errors || len(got.logs) != tt.logs || len(got.skips) != tt.skips {
			t.Errorf("%s: got %+v, want %d errors, %d logs, %d skips", tt.result.Outcome, got, tt.errors, tt.logs, tt.skips)
		}
	}
}
