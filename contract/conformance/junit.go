package conformance

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

type junitSuite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Time     string   `xml:"time,attr"`
	Started  string   `xml:"timestamp,attr"`
	Host     string   `xml:"hostname,attr"`

	// The most common schema wants these elements, even empty, and in this order.
	Properties struct{}    `xml:"properties"`
	Cases      []junitCase `xml:"testcase"`
	Out        string      `xml:"system-out"`
	Err        string      `xml:"system-err"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Error   *junitMessage `xml:"error,omitempty"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"` // of an error or a failure, which need one
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report as JUnit XML, which CI systems read. Accepted failures are
// skipped there, with their violations. A failed case named coverage stands for a coverage
// below its minimum, and one named customers for a run that erased no customer. A case
// named target has an error if the target could not be judged, or not to the end; so has a
// case for which the target could not supply or look up a customer.
func (r Report) WriteJUnit(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(r.junit()); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

const junitName = "contract"

func (r Report) junit() junitSuite {
	s := junitSuite{Name: junitName, Started: r.Started.UTC().Format("2006-01-02T15:04:05"), Host: "localhost"} // a report names no machine
	var total time.Duration
	for _, result := range r.Results {
		total += result.Duration
		s.add(result.junit())
	}
	if r.Error != "" {
		s.add(junitCase{Name: "target", Class: junitName, Time: seconds(0), Error: &junitMessage{Message: r.Error, Type: "error"}})
		s.Time = seconds(total)
		return s
	}
	if r.lacksCoverage() {
		s.addFailure("coverage", r.coverageText(), r.Coverage.String())
	}
	if !r.WithoutCustomers && !r.erased() {
		s.addFailure("customers", "no case passed that erases a customer", r.Hint)
	}
	s.Time = seconds(total)
	return s
}

func (r Result) junit() junitCase {
	c := junitCase{Name: r.Name, Class: junitName, Time: seconds(r.Duration)}
	m := &junitMessage{Message: r.Reason, Text: lines(r.Violations)}
	if r.Outcome == Failed || r.Outcome == Fixed {
		m.Type = string(r.Outcome)
	}
	switch r.Outcome {
	case Failed:
		if len(r.Violations) == 0 { // the implementation could not be judged
			m.Type, c.Error = "error", m
			return c
		}
		m.Message = r.Why
		m.Text += strings.Join(append(r.lines(), ""), "\n")
		c.Failure = m
	case Fixed:
		c.Failure = m
	case Skipped, Accepted:
		c.Skipped = m
	}
	return c
}

// addFailure adds a failed case that stands for the whole run.
func (s *junitSuite) addFailure(name, message, text string) {
	s.add(junitCase{Name: name, Class: junitName, Time: seconds(0), Failure: &junitMessage{Message: message, Type: string(Failed), Text: text}})
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	if c.Error != nil {
		s.Errors++
	}
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func lines(violations []contract.Violation) string {
	var b strings.Builder
	for _, v := range violations {
		b.WriteString(v.String())
		b.WriteByte('\n')
	}
	return b.String()
}
