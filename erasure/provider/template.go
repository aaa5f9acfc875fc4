package provider

import (
	"errors"
	"strings"
	"unicode"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// template is text that contains ${name}. It has no conditions and no functions.
// An undefined name is a mistake when the template is read, so that no request
// is sent incomplete.
type template struct {
	parts []part
}

// part is either literal text or the name of a variable.
type part struct {
	literal string
	name    string
}

// parseTemplate reads a template. $${ is an escaped ${.
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
			return template{}, errors.New("has a ${ without a }")
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

// names returns the variables that the template uses.
func (t template) names() []string {
	var names []string
	for _, p := range t.parts {
		if p.name != "" {
			names = append(names, p.name)
		}
	}
	return names
}

// render replaces the variables by their values, each passed through escape
// unless that is nil.
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

// renderHeader renders a header value. It rejects characters that could end the
// header or that servers interpret differently.
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

// Reasons why a request cannot be made. They do not contain the value, because it
// identifies a person.
var (
	errUnusable = errors.New("a value cannot be used in this place of a request")
	errMissing  = errors.New("a reference is missing")
)

// checkReference rejects a reference that could change the meaning of a request. The
// import checks the same, but an earlier version may have imported the reference.
func checkReference(value string) error {
	switch {
	case value == "":
		return errMissing
	case wire.CheckReference(value) != nil:
		return errUnusable
	}
	return nil
}

// isControl also has the two characters that XML cannot hold at all.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r == 0xfffe || r == 0xffff
}
