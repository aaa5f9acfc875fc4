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
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report as JUnit XML, as CI systems read it. Accepted
// failures are skipped there, with their violations; a coverage below its
// minimum is a failed case named coverage, and that no customer was erased one named
// customers.
func (r Report) WriteJUnit(w io.Writer) error {
	const name = "contract"
	s := junitSuite{Name: name}
	var total time.Duration
	for _, result := range r.Results {
		c := junitCase{Name: result.Name, Class: name, Time: seconds(result.Duration)}
		total += result.Duration
		m := &junitMessage{Message: result.Reason, Text: lines(result.Violations)}
		switch result.Outcome {
		case Failed:
			m.Message = result.Why
			c.Failure = m
		case Fixed:
			c.Failure = m
		case Skipped, Accepted:
			c.Skipped = m
		}
		s.add(c)
	}
	if r.lacksCoverage() {
		s.add(junitCase{Name: "coverage", Class: name, Time: seconds(0), Failure: &junitMessage{Message: r.coverage(), Text: r.Coverage.String()}})
	}
	if !r.WithoutCustomers && !r.erased() {
		s.add(junitCase{Name: "customers", Class: name, Time: seconds(0), Failure: &junitMessage{
			Message: "no case passed in which a customer is erased", Text: r.Hint,
		}})
	}
	s.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
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
