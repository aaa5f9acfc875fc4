package provider

import (
	"encoding/json"
	"mime"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/erasure"
)

// statusRange is a range of statuses, both ends included.
type statusRange struct{ first, last int }

// headerMatch matches if the header has one of the values.
type headerMatch struct {
	name   string
	values []string
}

// jsonMatch matches if the path in the body has one of the values. Without
// values it matches if the path exists and is not null, or is an XML element with text.
type jsonMatch struct {
	path   []string
	values []scalar
}

// containsMatch matches if the text at a path in the body contains one of the texts,
// in any case. Only the first maxContained bytes of the text count.
type containsMatch struct {
	path  []string
	texts []string // in lower case
}

// maxContained bounds the text that contains looks at, in bytes.
const maxContained = 4 << 10

// xmlMatch matches if the first XML element at a path has one of the texts, without
// the white space around it.
type xmlMatch struct {
	path   string // names of elements joined by dots, from the root
	values []string
}

// scalar is a JSON string, number, boolean or null, as written in JSON.
type scalar string

// matches reports whether all conditions are true. HTML comes from proxies and error
// pages, whatever else it looks like, so only a rule that asks for HTML matches it.
func (r rule) matches(got *response) bool {
	if len(r.contentTypes) > 0 && !slices.Contains(r.contentTypes, got.mediaType()) {
		return false
	}
	if got.isPage() && !slices.ContainsFunc(r.contentTypes, isPageType) {
		return false
	}
	ends := r.then.kind == erasure.OutcomeSucceeded || r.then.kind == erasure.OutcomeNotSupported
	if ends && got.isAmbiguous() {
		return false // not even by the status: the body says two things
	}
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
	for _, m := range r.contains {
		if !m.matches(got) {
			return false
		}
	}
	for _, m := range r.xml {
		if !slices.Contains(m.values, got.xmlText(m.path)) {
			return false
		}
	}
	if r.then.kind == erasure.OutcomeSucceeded && !r.readsBody() && got.tellsFailure() {
		return false
	}
	if len(r.statuses) == 0 {
		return r.then.fits(got.status)
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
	if len(m.values) == 0 {
		return ok && value != nil || got.xmlText(strings.Join(m.path, ".")) != ""
	}
	if !ok {
		return false
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

func (m containsMatch) matches(got *response) bool {
	value, _ := got.lookup(m.path)
	text, ok := value.(string)
	if !ok {
		return false
	}
	text = strings.ToLower(text[:min(len(text), maxContained)])
	return slices.ContainsFunc(m.texts, func(part string) bool { return strings.Contains(text, part) })
}

func (r *rule) readCondition(n node) {
	fields := n.fields("status", "content_type", "header", "json", "has", "contains", "xml")
	if len(n.yaml.Content) == 0 {
		n.fail("must have a condition: a rule that always matches hides those after it")
	}
	if status := fields["status"]; status.exists() {
		for _, one := range oneOrMore(status) {
			r.statuses = append(r.statuses, readStatus(one))
		}
	}
	if contentType := fields["content_type"]; contentType.exists() {
		for _, one := range oneOrMore(contentType) {
			r.contentTypes = append(r.contentTypes, readMediaType(one))
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
	r.readBodyCondition(fields)
}

// readBodyCondition reads the conditions about the body.
func (r *rule) readBodyCondition(fields map[string]node) {
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
	if contains := fields["contains"]; contains.exists() {
		for _, e := range contains.entries() {
			r.contains = append(r.contains, readContains(e))
		}
	}
	if elements := fields["xml"]; elements.exists() {
		for _, e := range elements.entries() {
			r.xml = append(r.xml, readXMLMatch(e))
		}
	}
}

// Limits of the texts of contains, in bytes. Shorter ones match by accident.
const (
	minContains = 3
	maxContains = 200
)

func readContains(e entry) containsMatch {
	m := containsMatch{path: readJSONPath(e.node, e.key)}
	for _, one := range oneOrMore(e.node) {
		text := strings.ToLower(one.text())
		if len(text) < minContains || len(text) > maxContains {
			one.fail("must be text of %d to %d bytes", minContains, maxContains)
		}
		m.texts = append(m.texts, text)
	}
	return m
}

func readXMLMatch(e entry) xmlMatch {
	readJSONPath(e.node, e.key)
	m := xmlMatch{path: e.key}
	for _, one := range oneOrMore(e.node) {
		text := strings.TrimSpace(one.text())
		if one.exists() && text == "" {
			one.fail("must not be empty")
		}
		m.values = append(m.values, text)
	}
	return m
}

// readMediaType reads a media type without parameters, such as application/json.
func readMediaType(n node) string {
	text := n.text()
	kind, parameters, err := mime.ParseMediaType(text)
	if err != nil || len(parameters) > 0 || !strings.Contains(kind, "/") {
		n.fail("must be a media type such as application/json")
	}
	return kind
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
