package bulk

import (
	"strings"
	"testing"
)

func TestSafeCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "",
		"0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11": "0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11",
		"CUSTOMER_NOT_FOUND":                   "CUSTOMER_NOT_FOUND",
		"-abc":                                 "'-abc",
		"=1+1":                                 "'=1+1",
		"+1":                                   "'+1",
		"@x":                                   "'@x",
		"a=b":                                  "a=b",
		"\tx":                                  "'\tx",
		"\r=x":                                 "'\r'=x",
		"\nx":                                  "'\nx",
		" =x":                                  " '=x",
		`x;=HYPERLINK("http://h")`:             `x;'=HYPERLINK("http://h")`,
		`x,"=1`:                                `x,"'=1`,
		"x\t=1|-1":                             "x\t'=1|'-1",
		"＝1":                                   "'＝1",
		"a line\n+1":                           "a line\n'+1",
	} {
		if got := SafeCell(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// No cell of a report begins a formula, whatever the separator. An id is what remains
// without the apostrophe.
func FuzzSafeCell(f *testing.F) {
	for _, text := range []string{"-abc", "=cmd|' /C calc'!A0", "x;=1", "\t\t=1", `";=1`, ";;--1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		safe := SafeCell(text)
		for _, separator := range []string{",", ";", "\t", "|", "\n", "\r", `"`} {
			for cell := range strings.SplitSeq(safe, separator) {
				if start := strings.TrimLeft(cell, " \t\r\n"); strings.HasPrefix(start, "=") || strings.HasPrefix(start, "+") || strings.HasPrefix(start, "-") || strings.HasPrefix(start, "@") {
					t.Errorf("%q: %q begins with %q", text, safe, cell)
				}
			}
		}
		if !strings.ContainsAny(text, "'") && strings.ReplaceAll(safe, "'", "") != text {
			t.Errorf("%q became %q", text, safe)
		}
	})
}
