package contract

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// An Outcome is what became of one case.
type Outcome string

// The outcomes.
const (
	Passed   Outcome = "passed"
	Failed   Outcome = "failed"
	Skipped  Outcome = "skipped"  // not run: the target does not offer what it needs, or it was left out
	Accepted Outcome = "accepted" // failed, and the baseline lists it
	Fixed    Outcome = "fixed"    // passed, although the baseline lists it; fails the run
)

// A Report is the result of one run of the conformance suite. There is no key, no
// account code, no customer id and no part of an answer's body in it.
type Report struct {
	Strict      bool     `json:"strict"`
	Results     []Result `json:"results"`
	Coverage    Coverage `json:"coverage"`
	MinCoverage float64  `json:"min_coverage"`
}

// A Result is the result of one case.
type Result struct {
	Name       string        `json:"name"`
	Why        string        `json:"why"`
	Outcome    Outcome       `json:"outcome"`
	Reason     string        `json:"reason,omitempty"` // why it was skipped or is accepted
	Violations []Violation   `json:"violations,omitempty"`
	Duration   time.Duration `json:"duration_ns"`
}

// Count returns the number of cases with the outcome.
func (r Report) Count(o Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == o {
			n++
		}
	}
	return n
}

// OK reports whether the target kept the contract as far as it was judged: some case
// passed, none failed, none is listed in the baseline without need, and coverage
// reaches its minimum.
func (r Report) OK() bool {
	return r.Count(Passed) > 0 && r.Count(Failed) == 0 && r.Count(Fixed) == 0 && r.Coverage.Ratio() >= r.MinCoverage
}

// WriteTable writes the report for people: what is not plainly passed first, then
// the coverage, then the sums.
func (r Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	for _, outcome := range []Outcome{Failed, Fixed, Accepted, Skipped, Passed} {
		for _, result := range r.Results {
			if result.Outcome == outcome {
				result.write(&b)
			}
		}
	}
	b.WriteByte('\n')
	if err := r.Coverage.write(&b); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%.0f%% of the documented answers seen", 100*r.Coverage.Ratio())
	if r.Coverage.Ratio() < r.MinCoverage {
		fmt.Fprintf(&b, ", want %.0f%%", 100*r.MinCoverage)
	}
	fmt.Fprintf(&b, "\n%d cases: %d passed, %d failed, %d skipped, %d accepted failures, %d fixed\n", len(r.Results),
		r.Count(Passed), r.Count(Failed), r.Count(Skipped), r.Count(Accepted), r.Count(Fixed))
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Result) write(b *strings.Builder) {
	fmt.Fprintf(b, "%-8s  %s", r.Outcome, r.Name)
	if r.Reason != "" {
		fmt.Fprintf(b, ": %s", r.Reason)
	}
	b.WriteByte('\n')
	if r.Outcome == Failed {
		fmt.Fprintf(b, "          why it matters: %s\n", r.Why)
	}
	for _, v := range r.Violations {
		fmt.Fprintf(b, "          %s\n", v)
	}
}

// WriteJSON writes the report as one indented JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		OK bool `json:"ok"`
		Report
	}{r.OK(), r})
}
