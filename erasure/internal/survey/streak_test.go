package survey_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// Twenty requests in a row that fail in the same way stop a run, at any place; failures
// that differ and what the service says of a customer do not.
func TestSameOutcome(t *testing.T) {
	t.Parallel()
	refused := survey.Result{Outcome: survey.Unknown, Status: 401, Code: "INVALID_CREDENTIALS"}
	found := survey.Result{Outcome: survey.Found, CustomerID: "c", Status: 200}
	for name, tc := range map[string]struct {
		respond func(request int) survey.Result
		asked   int
	}{
		"AtOnce":       {func(int) survey.Result { return refused }, 20},
		"InTheMiddle":  {func(n int) survey.Result { return pick(n > 30, refused, found) }, 50},
		"OneGood":      {func(n int) survey.Result { return pick(n%20 > 0, refused, found) }, 60},
		"Differing":    {func(n int) survey.Result { r := refused; r.Code = strconv.Itoa(n % 2); return r }, 60},
		"OfACustomer":  {func(int) survey.Result { return survey.Result{Outcome: survey.NotFound, Status: 404} }, 60},
		"WithoutAtAll": {func(int) survey.Result { return survey.Result{Outcome: survey.Unknown} }, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			tr := &trial{journal: newJournal(t), respond: func(string) (survey.Result, error) { n++; return tc.respond(n), nil }}
			o := tr.run(t, listOf(numberedIDs(60)...))
			var same *survey.SameOutcomeError
			if stopped := errors.As(o.err, &same); stopped != (tc.asked < 60) || len(tr.asked) != tc.asked || len(o.results) != tc.asked {
				t.Errorf("got %v after %d requests, %d results", o.err, len(tr.asked), len(o.results))
			}
		})
	}
}

func pick(first bool, a, b survey.Result) survey.Result {
	if first {
		return a
	}
	return b
}
