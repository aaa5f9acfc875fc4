package wire

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheckMerchantCustomerID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a": "", "jane@example.com": "", " a b ": "", "a/b?c#d&e=f+g%": "", "..": "", "é": "", "\u200b": "",
		strings.Repeat("é", 255): "",
		strings.Repeat("é", 256): "has 256 characters, more than 255",
		"":                       "is empty",
		"a\xff":                  "is not valid UTF-8",
		"ab\x00":                 "contains a control character (U+0000) at byte 2",
		"é\u0085":                "contains white space (U+0085) at byte 2",
		"a\n":                    "contains white space (a line feed) at byte 1",
	} {
		got := ""
		if err := CheckMerchantCustomerID(text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzMerchantCustomerID(f *testing.F) {
	for _, text := range []string{"a", "", "a\xff", "é\u0085", strings.Repeat("é", 256)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := CheckMerchantCustomerID(text)
		if err == nil && (text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxMerchantCustomerID || strings.ContainsAny(text, "\x00\r\n\x1b\x7f")) {
			t.Errorf("accepted %q", text)
		}
		if err != nil && len(text) > 8 && strings.Contains(err.Error(), text) {
			t.Errorf("%v repeats the id", err)
		}
	})
}
