package main

import (
	"strconv"
	"strings"
	"unicode"
)

// printable writes out what a terminal would act on or hide: control characters
// (escape sequences), format characters (text that reads in another order than
// it has), line ends. Everything that is printed goes through here, since nearly
// all of it may quote the document.
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

// short cuts a text where it gets too long to read.
func short(s string) string {
	const most = 120
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
