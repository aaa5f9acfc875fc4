package provider

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"

	"go.yaml.in/yaml/v3"
)

// bodyTemplate renders the body of a request. The encoding escapes values, so
// that none can add a field or close an element.
type bodyTemplate interface {
	contentType() string
	render(s scope) ([]byte, error)
}

// jsonBody is a JSON document described as YAML. Its strings are templates; its
// numbers, booleans and nulls are literal; its keys keep their order.
type jsonBody struct {
	members []jsonMember // of an object
	items   []jsonBody   // of an array
	text    *template
	literal string // number, boolean or null
	object  bool
}

type jsonMember struct {
	key   string
	value jsonBody
}

func (jsonBody) contentType() string { return "application/json" }

func (j jsonBody) render(s scope) ([]byte, error) {
	var b bytes.Buffer
	err := j.write(&b, s)
	return b.Bytes(), err
}

func (j jsonBody) write(b *bytes.Buffer, s scope) error {
	switch {
	case j.text != nil:
		text, err := j.text.render(s, nil)
		if err != nil {
			return err
		}
		writeJSONString(b, text)
	case j.object:
		b.WriteByte('{')
		for i, member := range j.members {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSONString(b, member.key)
			b.WriteByte(':')
			if err := member.value.write(b, s); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case j.literal != "":
		b.WriteString(j.literal)
	default:
		b.WriteByte('[')
		for i, item := range j.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := item.write(b, s); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	}
	return nil
}

func writeJSONString(b *bytes.Buffer, text string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always encodes
	b.Truncate(b.Len() - 1)  // Encode adds a newline
}

// field is a name with a template: a header, or a field of a form.
type field struct {
	name  string
	value template
}

// formBody is application/x-www-form-urlencoded, in the order of the description.
type formBody []field

func (formBody) contentType() string { return "application/x-www-form-urlencoded" }

func (f formBody) render(s scope) ([]byte, error) {
	pairs := make([]string, len(f))
	for i, pair := range f {
		text, err := pair.value.render(s, nil)
		if err != nil {
			return nil, err
		}
		pairs[i] = escapeQuery(pair.name) + "=" + escapeQuery(text)
	}
	return []byte(strings.Join(pairs, "&")), nil
}

// xmlBody is text with values escaped for element content and for attributes.
type xmlBody struct{ template }

func (xmlBody) contentType() string { return "application/xml" }

func (x xmlBody) render(s scope) ([]byte, error) {
	text, err := x.template.render(s, func(value string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(value)) // a Builder never fails
		return b.String()
	})
	return []byte(text), err
}

// readBody reads a body. It returns nil if there is none.
func (r *descriptionReader) readBody(n node, names []string) bodyTemplate {
	if !n.exists() {
		return nil
	}
	fields := n.fields("json", "form", "xml")
	var bodies []bodyTemplate
	if fields["json"].exists() {
		bodies = append(bodies, r.readJSON(fields["json"], names))
	}
	if fields["form"].exists() {
		bodies = append(bodies, formBody(r.readFields(fields["form"], names)))
	}
	if fields["xml"].exists() {
		bodies = append(bodies, xmlBody{r.readTemplate(fields["xml"], names)})
	}
	if len(bodies) != 1 {
		n.fail("must have exactly one of json, form, xml")
		return nil
	}
	return bodies[0]
}

func (r *descriptionReader) readJSON(n node, names []string) jsonBody {
	var j jsonBody
	switch n.yaml.Kind {
	case yaml.MappingNode:
		j.object = true
		for _, e := range n.entries() {
			j.members = append(j.members, jsonMember{e.key, r.readJSON(e.node, names)})
		}
	case yaml.SequenceNode:
		for _, item := range n.items() {
			j.items = append(j.items, r.readJSON(item, names))
		}
	default:
		if !n.is(yaml.ScalarNode, "a value that JSON has") {
			return j
		}
		switch {
		case n.yaml.Tag == "!!str":
			t := r.readTemplate(n, names)
			j.text = &t
		case !json.Valid([]byte(n.yaml.Value)): // such as 0x1f, yes or ~
			n.fail("must be text, or a number, boolean or null as JSON writes it")
		default:
			j.literal = n.yaml.Value
		}
	}
	return j
}

// readFields reads a mapping of names to templates.
func (r *descriptionReader) readFields(n node, names []string) []field {
	var fields []field
	for _, e := range n.entries() {
		fields = append(fields, field{e.key, r.readTemplate(e.node, names)})
	}
	return fields
}

// readHeaders reads a mapping of header names to templates.
func (r *descriptionReader) readHeaders(n node, names []string) []field {
	if !n.exists() {
		return nil
	}
	seen := map[string]bool{}
	for _, e := range n.entries() {
		lower := strings.ToLower(e.key)
		switch {
		case !isHeaderName(e.key):
			e.fail("is not a valid header name")
		case lower == "host" || lower == "content-length" || lower == "transfer-encoding" || lower == "connection":
			e.fail("belongs to the connection and cannot be set")
		case seen[lower]:
			e.fail("is duplicated in different case")
		}
		seen[lower] = true
	}
	return r.readFields(n, names)
}

// isHeaderName accepts the characters of an RFC 9110 token that providers use.
func isHeaderName(name string) bool {
	const token = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return name != "" && strings.Trim(name, token) == ""
}
