package wire

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

func setOf(characters string) (set [256]bool) {
	for i := range len(characters) {
		set[characters[i]] = true
	}
	return set
}

// containsAt says which character begins at byte i of text, and what probably
// went wrong. One code point does not identify a person.
func containsAt(text string, i int) string {
	r, size := utf8.DecodeRuneInString(text[i:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("contains a byte that is not valid UTF-8 at byte %d", i)
	}
	name, hint := describe(r)
	if hint != "" {
		hint = "; " + hint
	}
	return fmt.Sprintf("contains %s at byte %d%s", name, i, hint)
}

// describe returns the name of a character that a rule rejects, and a hint if
// the usual cause is known.
func describe(r rune) (name, hint string) {
	if known, ok := characters[r]; ok {
		return known.name, known.hint
	}
	kind := "a non-ASCII character"
	switch {
	case r <= unicode.MaxASCII && unicode.IsPrint(r):
		return fmt.Sprintf("%q", r), ""
	case unicode.IsSpace(r), unicode.In(r, unicode.Z):
		kind = "white space"
	case unicode.IsControl(r):
		kind = "a control character"
	case !unicode.IsGraphic(r):
		kind = "an invisible character"
	}
	return fmt.Sprintf("%s (U+%04X)", kind, r), ""
}

const (
	isRecord = "is this a record and not an id?"
	isLine   = "is this a whole line and not an id?"
)

// characters are named, where a name is clearer than the character in quotes.
var characters = map[rune]struct{ name, hint string }{
	' ':      {"white space (a space)", ""},
	'\t':     {"white space (a tab)", ""},
	'\n':     {"white space (a line feed)", ""},
	'\r':     {"white space (a carriage return)", "does the file have CRLF line ends?"},
	'%':      {"a percent sign", "give the id as it is before URL encoding"},
	'@':      {"'@'", "is this an e-mail address?"},
	'/':      {"a slash", ""},
	'\\':     {"a backslash", ""},
	'?':      {"a question mark", ""},
	'#':      {"a number sign", ""},
	';':      {"a semicolon", ""},
	'+':      {"a plus sign", "some servers decode it to a space"},
	',':      {"a comma", isLine},
	'"':      {"a double quote", "remove the quotes"},
	'\'':     {"a single quote", "remove the quotes"},
	'{':      {"'{'", isRecord},
	'[':      {"'['", isRecord},
	'\ufeff': {"a byte order mark (U+FEFF)", "save the file without one"},
	'\ufffd': {"a replacement character (U+FFFD)", "the text was decoded with the wrong encoding"},
}
