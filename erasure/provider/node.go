package provider

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxFileSize is the largest configuration or description accepted, in bytes.
const maxFileSize = 1 << 20

// document is a YAML file being read, with the mistakes found so far.
type document struct {
	file     string
	mistakes Mistakes
	// private means that messages do not repeat keys, which may be secrets in the wrong
	// place, except those of known fields.
	private bool
}

// node is a place in a document. Its methods report a mistake and go on with a
// zero value, so that one pass finds every mistake. A field that is absent is a
// node without yaml.
type node struct {
	doc  *document
	path string
	yaml *yaml.Node
}

// parse reads the only document of a file. If it returns false it has recorded
// the mistake.
func (d *document) parse(data []byte) (root node, ok bool) {
	root = node{doc: d}
	if len(data) > maxFileSize {
		root.fail("larger than %d bytes", maxFileSize)
		return root, false
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := decoder.Decode(&first); err != nil {
		d.syntaxMistake(err)
		return root, false
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		root.fail("contains more than one YAML document")
		return root, false
	}
	root.yaml = first.Content[0]
	return root, true
}

// syntaxMistake takes the line number from the library's message and drops the
// names of anchors, the only text that the message quotes from the file.
func (d *document) syntaxMistake(err error) {
	if errors.Is(err, io.EOF) {
		d.mistakes = append(d.mistakes, Mistake{File: d.file, Problem: "is empty"})
		return
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if number, message, ok := strings.Cut(rest, ": "); ok {
			line, _ = strconv.Atoi(number)
			text = message
		}
	}
	switch {
	case strings.HasPrefix(text, "unknown anchor"):
		text = "unknown anchor"
	case text == "found character that cannot start any token":
		text = "a value cannot begin with this character: indent with spaces, not tabs, and quote what begins with @, % or a backquote"
	}
	d.mistakes = append(d.mistakes, Mistake{File: d.file, Line: line, Problem: "YAML: " + text})
}

func (n node) exists() bool { return n.yaml != nil }

// fail records a mistake at this node.
func (n node) fail(format string, args ...any) {
	m := Mistake{File: n.doc.file, Field: n.path, Problem: fmt.Sprintf(format, args...)}
	if n.yaml != nil {
		m.Line = n.yaml.Line
	}
	n.doc.mistakes = append(n.doc.mistakes, m)
}

// is reports whether the node has this kind, and records a mistake if it has
// not. Aliases are rejected: people read a description to check what is sent.
func (n node) is(kind yaml.Kind, what string) bool {
	switch {
	case !n.exists():
		return false
	case n.yaml.Kind == yaml.AliasNode || n.yaml.Anchor != "":
		n.fail("anchors and aliases are not supported")
		return false
	case n.yaml.Kind != kind:
		n.fail("must be %s", what)
		return false
	}
	return true
}

func (n node) child(key string, value *yaml.Node) node {
	path := key
	if n.path != "" {
		path = n.path + "." + key
	}
	return node{n.doc, path, value}
}

// entry is one key of a mapping whose keys are free.
type entry struct {
	key string
	at  *yaml.Node // where the key is: a value may begin on a later line
	node
}

// failKey records a mistake about the key itself. In a private document, its name is
// left out: the mistake is then about the mapping in, on the line of the key.
func (e entry) failKey(in node, format, private string, args ...any) {
	at := node{e.doc, e.path, e.at}
	if e.doc.private {
		at.path, format = in.path, private
	}
	at.fail(format, args...)
}

// entries returns the keys of a mapping, in order. In a private document, the values have
// the path of the mapping.
func (n node) entries() []entry {
	if !n.is(yaml.MappingNode, "a mapping") {
		return nil
	}
	var entries []entry
	seen := map[string]bool{}
	for i := 0; i < len(n.yaml.Content); i += 2 {
		key, value := n.yaml.Content[i], n.yaml.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			node{n.doc, n.path, key}.fail("keys must be plain text")
			continue
		}
		e := entry{key.Value, key, n.child(key.Value, value)}
		if n.doc.private {
			e.path = n.path
		}
		if seen[e.key] {
			e.failKey(n, "is duplicated", "has this field twice")
			continue
		}
		seen[e.key] = true
		entries = append(entries, e)
	}
	return entries
}

// fields returns the known keys of a mapping; other keys are mistakes. A key that
// is absent gets a node that does not exist.
func (n node) fields(known ...string) map[string]node {
	fields := make(map[string]node, len(known))
	for _, key := range known {
		fields[key] = n.child(key, nil)
	}
	for _, e := range n.entries() {
		if _, ok := fields[e.key]; !ok {
			e.failKey(n, "is not a known field; the fields are: %s", "has an unknown field; the fields are: %s", strings.Join(known, ", "))
			continue
		}
		fields[e.key] = n.child(e.key, e.yaml)
	}
	return fields
}

// items returns the elements of a list.
func (n node) items() []node {
	if !n.is(yaml.SequenceNode, "a list") {
		return nil
	}
	items := make([]node, len(n.yaml.Content))
	for i, value := range n.yaml.Content {
		items[i] = node{n.doc, fmt.Sprintf("%s[%d]", n.path, i), value}
	}
	return items
}

// text returns a scalar as written: 0012 stays 0012.
func (n node) text() string {
	if !n.is(yaml.ScalarNode, "text") {
		return ""
	}
	if n.yaml.Tag == "!!null" {
		n.fail("has no value")
		return ""
	}
	return n.yaml.Value
}

// need reports whether the field exists, and records a mistake at the line of its
// mapping if it does not.
func (n node) need(in node) bool {
	if !n.exists() {
		node{n.doc, n.path, in.yaml}.fail("is missing")
	}
	return n.exists()
}

// oneOf returns one of the choices. The first is the default.
func (n node) oneOf(choices ...string) string {
	if !n.exists() {
		return choices[0]
	}
	text := n.text()
	for _, choice := range choices {
		if text == choice {
			return text
		}
	}
	n.fail("must be one of %s", strings.Join(choices, ", "))
	return choices[0]
}

// code returns a short name in snake_case. Such names become evidence.
func (n node) code() string {
	text := n.text()
	if n.exists() && !isCode(text) {
		n.fail("must be a name of at most 64 lower-case letters, digits and underscores, beginning with a letter")
	}
	return text
}

func isCode(text string) bool {
	if text == "" || len(text) > 64 || text[0] < 'a' || text[0] > 'z' {
		return false
	}
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// duration returns a Go duration such as 20s, from one second to most.
func (n node) duration(most, otherwise time.Duration) time.Duration {
	const least = time.Second
	if !n.exists() {
		return otherwise
	}
	d, err := time.ParseDuration(n.text())
	if err != nil || d < least || d > most {
		n.fail("must be a duration from %s to %s, such as 20s", briefly(least), briefly(most))
		return otherwise
	}
	return d
}

// briefly returns a duration without the units that are zero: 10m rather than 10m0s.
func briefly(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// number returns a number from least to most.
func (n node) number(least, most, otherwise float64) float64 {
	if !n.exists() {
		return otherwise
	}
	f, err := strconv.ParseFloat(n.text(), 64)
	if err != nil || !(f >= least && f <= most) { // NaN is not
		n.fail("must be a number from %s to %s", plainly(least), plainly(most))
		return otherwise
	}
	return f
}

// plainly returns a number without an exponent.
func plainly(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
