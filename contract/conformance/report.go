package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

// An Outcome says how one case ended.
type Outcome string

// The outcomes.
const (
	Passed   Outcome = "passed"
	Failed   Outcome = "failed"
	Skipped  Outcome = "skipped"  // not run; Result.Reason says why
	Accepted Outcome = "accepted" // failed, as listed in the baseline
	Fixed    Outcome = "fixed"    // passed, although listed in the baseline; fails the run
)

// A Report is the result of one run of the suite. It contains no key, no account code, no
// customer id and no part of a response body.
type Report struct {
	Strict      bool              `json:"strict"`
	Started     time.Time         `json:"started"`
	Results     []Result          `json:"results"`
	Coverage    contract.Coverage `json:"coverage"`
	MinCoverage float64           `json:"min_coverage"`

	// WithoutCustomers reports whether the option of that name was used.
	WithoutCustomers bool `json:"without_customers,omitempty"`

	// CustomersGiven counts the ids of Target.Customers, and CustomersUsed those that the run
	// has used, which are the first ones. A customer that was used may be erased.
	CustomersGiven int `json:"customers_given,omitempty"`
	CustomersUsed  int `json:"customers_used,omitempty"`

	// Error says why the target could not be judged, or not to the end. It is empty otherwise.
	Error string `json:"error,omitempty"`
	// Hint says what seems wrong with the description of the target: every valid request
	// got 401, 403 or 404, or no customer of the list was known. It is empty otherwise.
	Hint string `json:"hint,omitempty"`
}

// A Result is the result of one case.
type Result struct {
	Name       string               `json:"name"`
	Why        string               `json:"why"`
	Outcome    Outcome              `json:"outcome"`
	Reason     string               `json:"reason,omitempty"` // why it was skipped, failed without a violation, is accepted, or is fixed
	Violations []contract.Violation `json:"violations,omitempty"`
	Sent       int                  `json:"requests_sent,omitempty"` // how many requests the case sent, unless it passed
	Requests   []Request            `json:"requests,omitempty"`      // those that show the violations
	Variables  []Variable           `json:"variables,omitempty"`     // that the commands of Requests need
	Duration   time.Duration        `json:"duration_ns"`
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

// OK reports whether the target kept the contract as far as it was judged: no case failed,
// no case passed that the baseline lists, a case passed that erases a customer (unless
// [WithoutCustomers]), and the coverage reaches its minimum.
func (r Report) OK() bool { return r.Err() == nil }

// Err returns why the report is not OK, on one line, or nil.
func (r Report) Err() error {
	if r.Error != "" {
		return errors.New(r.Error)
	}
	var why []string
	if n := r.Count(Failed); n > 0 {
		why = append(why, fmt.Sprintf("cases failed: %d", n))
	}
	if n := r.Count(Fixed); n > 0 {
		why = append(why, fmt.Sprintf("cases passed that the baseline lists: %d", n))
	}
	switch {
	case !r.WithoutCustomers && !r.erased():
		why = append(why, "no case passed that erases a customer")
	case r.Count(Passed) == 0:
		why = append(why, "no case passed")
	}
	if r.lacksCoverage() {
		why = append(why, r.coverageText())
	}
	if r.Hint != "" && len(why) > 0 {
		why = append(why, r.Hint)
	}
	if len(why) == 0 {
		return nil
	}
	return errors.New(strings.Join(why, "; "))
}

// erased reports whether a case passed that erases a customer.
func (r Report) erased() bool {
	return slices.ContainsFunc(r.Results, func(result Result) bool { return result.Outcome == Passed && erases(result.Name) })
}

func (r Report) lacksCoverage() bool { return r.Coverage.Ratio() < r.MinCoverage }

// coverageText says how much was seen, and how much was wanted if that is more.
func (r Report) coverageText() string {
	text := fmt.Sprintf("%.0f%% of the documented responses seen", 100*r.Coverage.Ratio())
	if r.lacksCoverage() {
		text += fmt.Sprintf(", want %.0f%%", 100*r.MinCoverage)
	}
	return text
}

// WriteTable writes the report for people: the cases, those that passed last, then the
// coverage, the number of cases per outcome, and why the report is not OK. Cases that were
// skipped for the same reason share a line; see WriteDetails.
func (r Report) WriteTable(w io.Writer) error { return r.writeText(w, r.writeSkippedReasons) }

// WriteDetails is [Report.WriteTable] with a line for each skipped case.
func (r Report) WriteDetails(w io.Writer) error {
	return r.writeText(w, func(b *strings.Builder) { r.writeCases(b, Skipped) })
}

func (r Report) writeText(w io.Writer, skipped func(*strings.Builder)) error {
	var b strings.Builder
	r.writeCases(&b, Failed, Fixed, Accepted)
	skipped(&b)
	r.writeCases(&b, Passed)
	b.WriteByte('\n')
	b.WriteString(r.Coverage.String())
	fmt.Fprintf(&b, "\n%s\n%d cases: %d passed, %d failed, %d skipped, %d accepted failures, %d fixed\n", r.coverageText(), len(r.Results),
		r.Count(Passed), r.Count(Failed), r.Count(Skipped), r.Count(Accepted), r.Count(Fixed))
	if r.CustomersGiven > 0 {
		fmt.Fprintf(&b, "customers used: the first %d of the %d given; a further run needs others\n", r.CustomersUsed, r.CustomersGiven)
	}
	if err := r.Err(); err != nil {
		fmt.Fprintf(&b, "not OK: %v\n", err)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCases writes the cases with each of the outcomes.
func (r Report) writeCases(b *strings.Builder, outcomes ...Outcome) {
	for _, outcome := range outcomes {
		for _, result := range r.Results {
			if result.Outcome == outcome {
				result.write(b)
			}
		}
	}
}

// writeSkippedReasons writes how many cases were skipped for each reason.
func (r Report) writeSkippedReasons(b *strings.Builder) {
	cases := map[string][]Result{}
	var reasons []string // in the order of the cases
	for _, result := range r.Results {
		if result.Outcome != Skipped {
			continue
		}
		if cases[result.Reason] == nil {
			reasons = append(reasons, result.Reason)
		}
		cases[result.Reason] = append(cases[result.Reason], result)
	}
	for _, reason := range reasons {
		if alike := cases[reason]; len(alike) == 1 {
			alike[0].write(b)
		} else {
			fmt.Fprintf(b, "%-8s  %d cases: %s\n", Skipped, len(alike), reason)
		}
	}
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
	if r.Outcome == Failed {
		for _, line := range r.lines() {
			fmt.Fprintf(b, "          %s\n", line)
		}
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
