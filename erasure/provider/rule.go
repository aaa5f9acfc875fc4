package provider

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/erasure"
)

// rule says what a response means. It matches if all of its conditions do.
type rule struct {
	statuses []statusRange // empty: any
	headers  []headerMatch
	json     []jsonMatch
	then     verdict
}

// verdict is the outcome that a rule gives to a response.
type verdict struct {
	kind   erasure.OutcomeKind
	reason string
	// wait is the time until the next attempt, unless the response has a
	// Retry-After.
	wait time.Duration
}

// statusRange is a range of statuses, both ends included.
type statusRange struct{ first, last int }

// headerMatch matches if the header has one of the values.
type headerMatch struct {
	name   string
	values []string
}

// jsonMatch matches if the path in the body has one of the values. Without
// values it matches if the path exists and is not null.
type jsonMatch struct {
	path   []string
	values []scalar
}

// scalar is a JSON string, number, boolean or null, as written in JSON.
type scalar string

func (r rule) matches(got *response) bool {
	for _, m := range r.headers {
		if !m.matches(got) {
			return false
		}
	}
	for _, m := range r.json {
		if !m.matches(got) {
			return false
		}
	}
	if len(r.statuses) == 0 {
		return true
	}
	for _, s := range r.statuses {
		if s.first <= got.status && got.status <= s.last {
			return true
		}
	}
	return false
}

func (m headerMatch) matches(got *response) bool {
	for _, value := range got.header.Values(m.name) {
		for _, want := range m.values {
			if value == want {
				return true
			}
		}
	}
	return false
}

func (m jsonMatch) matches(got *response) bool {
	value, ok := got.lookup(m.path)
	if !ok {
		return false
	}
	if len(m.values) == 0 {
		return value != nil
	}
	for _, want := range m.values {
		if s, ok := scalarOf(value); ok && s == want {
			return true
		}
	}
	return false
}

func scalarOf(value any) (scalar, bool) {
	switch value := value.(type) {
	case string:
		return scalar(strconv.Quote(value)), true
	case json.Number:
		return scalar(value), true
	case bool:
		return scalar(strconv.FormatBool(value)), true
	case nil:
		return "null", true
	}
	return "", false
}

// readRules reads the list under an `answers` field.
func readRules(n node) []rule {
	if !n.exists() {
		return nil
	}
	var rules []rule
	for _, item := range n.items() {
		fields := item.fields("when", "then", "reason", "wait")
		r := rule{then: readVerdict(item, fields)}
		if when := fields["when"]; when.need(item) {
			r.readCondition(when)
		}
		rules = append(rules, r)
	}
	return rules
}

func (r *rule) readCondition(n node) {
	fields := n.fields("status", "header", "json", "has")
	if len(n.yaml.Content) == 0 {
		n.fail("must have a condition: a rule that always matches hides those after it")
	}
	if status := fields["status"]; status.exists() {
		for _, one := range oneOrMore(status) {
			r.statuses = append(r.statuses, readStatus(one))
		}
	}
	if header := fields["header"]; header.exists() {
		for _, e := range header.entries() {
			m := headerMatch{name: e.key}
			for _, one := range oneOrMore(e.node) {
				m.values = append(m.values, one.text())
			}
			r.headers = append(r.headers, m)
		}
	}
	if body := fields["json"]; body.exists() {
		for _, e := range body.entries() {
			m := jsonMatch{path: readJSONPath(e.node, e.key)}
			for _, one := range oneOrMore(e.node) {
				m.values = append(m.values, readScalar(one))
			}
			r.json = append(r.json, m)
		}
	}
	if has := fields["has"]; has.exists() {
		for _, one := range oneOrMore(has) {
			r.json = append(r.json, jsonMatch{path: readJSONPath(one, one.text())})
		}
	}
}

// oneOrMore returns the items of a list, or the node itself. An empty list is a
// mistake: it would match always or never.
func oneOrMore(n node) []node {
	if n.yaml.Kind != yaml.SequenceNode {
		return []node{n}
	}
	if len(n.yaml.Content) == 0 {
		n.fail("must not be an empty list")
	}
	return n.items()
}

// readStatus reads 404 or 5xx.
func readStatus(n node) statusRange {
	text := n.text()
	if hundreds, ok := strings.CutSuffix(text, "xx"); ok && len(hundreds) == 1 && "1" <= hundreds && hundreds <= "5" {
		first := int(hundreds[0]-'0') * 100
		return statusRange{first, first + 99}
	}
	status, err := strconv.Atoi(text)
	if err != nil || status < 100 || status > 599 {
		n.fail("must be an HTTP status such as 404 or 5xx")
	}
	return statusRange{status, status}
}

// readJSONPath reads keys and array indexes joined by dots.
func readJSONPath(n node, text string) []string {
	path := strings.Split(text, ".")
	for _, key := range path {
		if key == "" {
			n.fail("must be keys joined by dots, such as error.code or errors.0.code")
			break
		}
	}
	return path
}

func readScalar(n node) scalar {
	if !n.is(yaml.ScalarNode, "text, a number, true, false, null or a list of them") {
		return ""
	}
	switch n.yaml.Tag {
	case "!!str":
		return scalar(strconv.Quote(n.yaml.Value))
	case "!!int", "!!float", "!!bool", "!!null":
		if json.Valid([]byte(n.yaml.Value)) {
			return scalar(n.yaml.Value)
		}
	}
	n.fail("must be text, or a number, boolean or null as JSON writes it")
	return ""
}

// readVerdict reads then, reason and wait.
func readVerdict(in node, fields map[string]node) verdict {
	v := verdict{
		kind: erasure.OutcomeKind(fields["then"].oneOf(
			string(erasure.OutcomeSucceeded), string(erasure.OutcomeAlreadyGone), string(erasure.OutcomeNotSupported),
			string(erasure.OutcomeActionRequired), string(erasure.OutcomeDeferred), string(erasure.OutcomeRetry))),
		reason: fields["reason"].code(),
		wait:   fields["wait"].duration(time.Second, 365*24*time.Hour, 0),
	}
	if !fields["then"].need(in) {
		return v
	}
	final := v.kind == erasure.OutcomeSucceeded || v.kind == erasure.OutcomeAlreadyGone
	if v.reason == "" && !final && !fields["reason"].exists() {
		node{in.doc, fields["reason"].path, in.yaml}.fail("is missing: %s needs one", v.kind)
	}
	switch {
	case v.kind == erasure.OutcomeDeferred && !fields["wait"].exists():
		node{in.doc, fields["wait"].path, in.yaml}.fail("is missing: deferred needs a time to wait")
	case v.kind != erasure.OutcomeDeferred && v.kind != erasure.OutcomeRetry && fields["wait"].exists():
		fields["wait"].fail("has no meaning for %s", v.kind)
	}
	return v
}
