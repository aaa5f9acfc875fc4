package conformance

import "strings"

// A shellWord is one word of a command for a POSIX shell: text that is printed, and
// variables and other expansions in place of what is not.
type shellWord []shellPart

type shellPart struct {
	kind shellKind
	text string
}

type shellKind int

const (
	shellText      shellKind = iota
	shellVariable            // text is its name
	shellExpansion           // text is as the shell reads it, such as ${NAME%?}
)

// literal returns a word without expansions.
func literal(text string) shellWord { return shellWord{{shellText, text}} }

// String returns the word so quoted that the shell passes on every byte of it. NUL cannot be
// in a word.
func (w shellWord) String() string {
	if w.onlyText() {
		return quoteText(w.plain())
	}
	var b strings.Builder
	if w.fitsDoubleQuotes() {
		b.WriteByte('"')
		for i, part := range w {
			b.WriteString(part.source(w[i+1:]))
		}
		b.WriteByte('"')
		return b.String()
	}
	for _, part := range w {
		if part.kind == shellText {
			b.WriteString(quoteText(part.text))
		} else {
			b.WriteString(`"` + part.source(nil) + `"`)
		}
	}
	return b.String()
}

// plain returns the word without quotes, for people to read.
func (w shellWord) plain() string {
	var b strings.Builder
	for i, part := range w {
		b.WriteString(part.source(w[i+1:]))
	}
	return b.String()
}

// source returns the part as the shell reads it inside of double quotes, in front of rest.
func (p shellPart) source(rest shellWord) string {
	switch {
	case p.kind != shellVariable:
		return p.text
	case len(rest) > 0 && rest[0].kind == shellText && nameByte(rest[0].text[0]):
		return "${" + p.text + "}"
	}
	return "$" + p.text
}

func nameByte(c byte) bool { return c == '_' || alphanumeric(c) }

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func (w shellWord) onlyText() bool {
	for _, part := range w {
		if part.kind != shellText {
			return false
		}
	}
	return true
}

// fitsDoubleQuotes reports whether no text of the word means anything inside of double
// quotes, not even to an interactive shell, which replaces !.
func (w shellWord) fitsDoubleQuotes() bool {
	for _, part := range w {
		if part.kind == shellText && strings.ContainsAny(part.text, "\"$`\\!") {
			return false
		}
	}
	return true
}

// quoteText quotes a text, unless it consists of characters that mean nothing to any shell.
func quoteText(text string) string {
	special := func(c byte) bool { return !alphanumeric(c) && strings.IndexByte("-._/:=,@%+", c) < 0 }
	for i := range len(text) {
		if special(text[i]) || text[0] == '=' { // zsh expands =name
			return quoteAll(text)
		}
	}
	if text == "" {
		return "''"
	}
	return text
}

// quoteAll puts a text into single quotes, in which only the quote itself is special.
func quoteAll(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
