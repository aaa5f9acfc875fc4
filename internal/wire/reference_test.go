package wire

import (
	"strings"
	"testing"
)

func TestCheckReference(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cus_123":                "",
		"Shopper 42":             "",
		"ada+1@example.com":      "",
		`a"b'c,d=e&f$g{h}`:       "",
		"...":                    "",
		strings.Repeat("a", 255): "",
		"":                       "is empty",
		".":                      "is a dot segment",
		"..":                     "is a dot segment",
		strings.Repeat("a", 256): "has 256 characters, more than 255",
		" a":                     "begins or ends with a space",
		"a ":                     "begins or ends with a space",
		" ":                      "begins or ends with a space",
		"a/b":                    "contains a slash at byte 1",
		`a\b`:                    "contains a backslash at byte 1",
		"a%2F":                   "contains a percent sign at byte 1; give the id as it is before URL encoding",
		"a?b":                    "contains a question mark at byte 1",
		"a#b":                    "contains a number sign at byte 1",
		"a;b":                    "contains a semicolon at byte 1",
		"a\tb":                   "contains white space (a tab) at byte 1",
		"a\n":                    "contains white space (a line feed) at byte 1",
		"a\x7f":                  "contains a control character (U+007F) at byte 1",
		"jos\u00e9":              "contains a non-ASCII character (U+00E9) at byte 3",
		"a\ufffe":                "contains an invisible character (U+FFFE) at byte 1",
		"a\xff":                  "contains a byte that is not valid UTF-8 at byte 1",
	} {
		got := ""
		if err := CheckReference(text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
