package provider

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// template is text with ${name} in it. There is nothing else: no conditions, no
// functions. A name that is not defined is a mistake when the template is read,
// so that a request is never sent with a hole in it.
type template struct {
	parts []part
}

// part is either literal text or the name of a variable.
type part struct {
	literal string
	name    string
}

// parseTemplate reads a template. $${ stands for the two characters ${.
func parseTemplate(text string) (template, error) {
	var t template
	var literal strings.Builder
	for text != "" {
		before, after, found := strings.Cut(text, "${")
		if !found {
			literal.WriteString(text)
			break
		}
		if kept, escaped := strings.CutSuffix(before, "$"); escaped {
			literal.WriteString(kept + "${")
			text = after
			continue
		}
		literal.WriteString(before)
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			return template{}, errors.New("has a ${ without its }")
		}
		if !isCode(name) {
			return template{}, errors.New("has a ${} whose name is not lower-case letters, digits and underscores")
		}
		if literal.Len() > 0 {
			t.parts = append(t.parts, part{literal: literal.String()})
			literal.Reset()
		}
		t.parts = append(t.parts, part{name: name})
		text = rest
	}
	if literal.Len() > 0 {
		t.parts = append(t.parts, part{literal: literal.String()})
	}
	return t, nil
}

// names are the variables that the template uses.
func (t template) names() []string {
	var names []string
	for _, p := range t.parts {
		if p.name != "" {
			names = append(names, p.name)
		}
	}
	return names
}

// render puts the variables in, each through escape (nil changes nothing).
func (t template) render(s scope, escape func(string) string) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.name == "" {
			b.WriteString(p.literal)
			continue
		}
		value, err := s.value(p.name)
		if err != nil {
			return "", err
		}
		if escape != nil {
			value = escape(value)
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// renderHeader renders a header value. Nothing that could end the header, or
// that servers read in different ways, gets through.
func (t template) renderHeader(s scope) (string, error) {
	text, err := t.render(s, nil)
	if err != nil {
		return "", err
	}
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return "", errUnusable
		}
	}
	if strings.TrimSpace(text) != text {
		return "", errUnusable // net/http would send it trimmed
	}
	return text, nil
}

// Why a request cannot be made. Neither holds the value: it identifies a person.
var (
	errUnusable = errors.New("a value cannot stand in this place of a request")
	errMissing  = errors.New("a reference is missing")
)

// maxReference bounds a reference, in bytes. It is ours: no provider documents
// ids anywhere near it.
const maxReference = 512

// checkReference refuses what could change a request's meaning wherever it
// stands. Separators are no danger in a query or a body, which escape them;
// paths refuse them as well (see urlTemplate).
func checkReference(value string) error {
	switch {
	case value == "":
		return errMissing
	case value == "." || value == ".." || len(value) > maxReference:
		return errUnusable
	case !utf8.ValidString(value) || strings.TrimSpace(value) != value:
		return errUnusable
	case strings.ContainsFunc(value, isControl):
		return errUnusable
	}
	return nil
}

// isControl also has the two characters that XML cannot hold at all.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r == 0xfffe || r == 0xffff
}
