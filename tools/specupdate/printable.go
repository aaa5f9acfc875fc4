package main

import (
	"strconv"
	"strings"
	"unicode"
)

// printable escapes control characters (terminal sequences), format characters
// (text that is displayed in another order) and line ends. All output goes through
// it, because nearly all of it may quote the document.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return !unicode.IsGraphic(r) }

// short cuts a text that is too long to read.
func short(s string) string { return cut(s, 120) }

// cut cuts a text to at most the given number of bytes.
func cut(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
