package conformance

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

// junitRules are what the schema of Jenkins and the most common schema demand of an
// element: its attributes, with a pattern each, which of them are required, and its
// children in their order.
var junitRules = map[string]struct {
	attributes map[string]string
	required   []string
	children   []string
}{
	"testsuite": {
		map[string]string{
			"name": `.+`, "tests": `\d+`, "failures": `\d+`, "errors": `\d+`, "skipped": `\d+`, "time": `\d+(\.\d+)?`,
			"timestamp": `\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}`, "hostname": `.+`,
		},
		[]string{"name", "timestamp", "hostname", "tests", "failures", "errors", "time"},
		[]string{"properties", "testcase", "system-out", "system-err"},
	},
	"testcase": {
		map[string]string{"name": `.+`, "classname": `.+`, "time": `\d+(\.\d+)?`},
		[]string{"name", "classname", "time"},
		[]string{"skipped", "error", "failure"},
	},
	"failure":    {map[string]string{"message": `(?s).*`, "type": `.+`}, []string{"type"}, nil},
	"error":      {map[string]string{"message": `(?s).*`, "type": `.+`}, []string{"type"}, nil},
	"skipped":    {map[string]string{"message": `(?s).*`}, nil, nil},
	"properties": {}, "system-out": {}, "system-err": {},
}

type element struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Children   []element  `xml:",any"`
}

func (e element) attribute(name string) (value string, ok bool) {
	for _, a := range e.Attributes {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

func (e element) check(t *testing.T) {
	t.Helper()
	rules, ok := junitRules[e.XMLName.Local]
	if !ok || e.XMLName.Space != "" {
		t.Errorf("unknown element %v", e.XMLName)
	}
	for _, a := range e.Attributes {
		if pattern, ok := rules.attributes[a.Name.Local]; !ok || !regexp.MustCompile(`^(`+pattern+`)$`).MatchString(a.Value) {
			t.Errorf("%s has attribute %s=%q", e.XMLName.Local, a.Name.Local, a.Value)
		}
	}
	for _, name := range rules.required {
		if _, ok := e.attribute(name); !ok {
			t.Errorf("%s lacks attribute %s", e.XMLName.Local, name)
		}
	}
	last := 0
	for _, child := range e.Children {
		at := slices.Index(rules.children, child.XMLName.Local)
		if at < last || e.XMLName.Local == "testcase" && len(e.Children) > 1 {
			t.Errorf("%s has %s in the wrong place", e.XMLName.Local, child.XMLName.Local)
		}
		last = max(last, at)
		child.check(t)
	}
}

// count returns how many cases contain an element of the given name.
func (e element) count(name string) int {
	n := 0
	for _, c := range e.Children {
		if len(c.Children) > 0 && c.Children[0].XMLName.Local == name {
			n++
		}
	}
	return n
}

func TestJUnitKeepsBothSchemas(t *testing.T) {
	t.Parallel()
	odd := sample
	odd.Results = append(slices.Clone(sample.Results), Result{Name: "x", Why: "control \x00 and \ufffe & <b>", Outcome: Failed, Reason: "no customer"})
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	unreachable, err := Run(t.Context(), Target{BaseURL: closed.URL + "/v1", Credentials: first}, WithoutCustomers())
	if err == nil {
		t.Fatal("no error for an unreachable target")
	}
	for name, r := range map[string]Report{
		"Sample": sample, "Odd": odd, "Empty": {}, "Unreachable": unreachable, "Run": mustRun(t, newReference().target(), only("not-found")),
		"Local time": {Started: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := r.WriteJUnit(&b); err != nil {
				t.Fatal(err)
			}
			var suite element
			d := xml.NewDecoder(&b)
			if err := d.Decode(&suite); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Token(); err == nil {
				_, err = d.Token() // the line break at the end
				if !errors.Is(err, io.EOF) {
					t.Errorf("more than one element: %v", err)
				}
			}
			if suite.XMLName.Local != "testsuite" {
				t.Errorf("the root is %s", suite.XMLName.Local)
			}
			suite.check(t)
			for attribute, want := range map[string]int{
				"tests": len(suite.Children) - 3, "failures": suite.count("failure"), "errors": suite.count("error"), "skipped": suite.count("skipped"),
			} {
				if got, _ := suite.attribute(attribute); got != strconv.Itoa(want) {
					t.Errorf("%s is %s, want %d", attribute, got, want)
				}
			}
		})
	}
}

// A target that cannot be judged has not passed, whatever CI counts.
func TestUnreachableTargetIsAnError(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	report, err := Run(t.Context(), Target{BaseURL: closed.URL + "/v1", Credentials: first}, WithoutCustomers())
	const want = "conformance: no response from the base URL: a refused connection"
	if err == nil || report.Error != want || report.OK() || report.Err().Error() != want {
		t.Errorf("got error %v, in the report %q", err, report.Error)
	}
	var b bytes.Buffer
	if err := report.WriteJUnit(&b); err != nil || !strings.Contains(b.String(), ` errors="1"`) || !strings.Contains(b.String(), `<error message="`+want+`" type="error">`) {
		t.Errorf("got error %v and %.300s", err, b.String())
	}
	b.Reset()
	if err := report.WriteJSON(&b); err != nil || !strings.Contains(b.String(), `"error": "`+want+`"`) {
		t.Errorf("got error %v and %.300s", err, b.String())
	}
}

// Whatever a target responds with, the report is XML that can be read.
func FuzzJUnit(f *testing.F) {
	f.Add("target.reachable", "a", "found \"x\", expected <y> & ]]>")
	f.Add("\x00\x1b[31m", "\ud7ff\ufffe\r\n", "\xff\xfe")
	f.Fuzz(func(t *testing.T, name, reason, found string) {
		report := Report{Error: reason, Results: []Result{
			{Name: name, Why: reason, Outcome: Failed, Violations: []contract.Violation{{Operation: name, Place: reason, Rule: contract.RuleJSON, Found: found, Expected: found}}},
			{Name: name, Reason: reason, Outcome: Skipped}, {Name: name, Reason: reason, Outcome: Fixed}, {Name: name, Outcome: Passed},
		}}
		for _, report.Error = range []string{reason, ""} {
			var b bytes.Buffer
			if err := report.WriteJUnit(&b); err != nil {
				t.Fatal(err)
			}
			var suite junitSuite
			if err := xml.Unmarshal(b.Bytes(), &suite); err != nil {
				t.Fatalf("%v\n%s", err, &b)
			}
			if len(suite.Cases) != suite.Tests || len(suite.Cases) < len(report.Results) {
				t.Errorf("%d cases, %d of them results, in a suite of %d\n%s", len(suite.Cases), len(report.Results), suite.Tests, &b)
			}
		}
	})
}
