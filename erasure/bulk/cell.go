package bulk

import (
	"regexp"
	"strings"
)

// formulaStart finds where a spreadsheet may begin to read a formula: at the begin of a
// cell or, since a spreadsheet may be set to another separator than a comma, after any
// separator or quote within it. Spreadsheets set to East Asian languages also take the
// full-width forms.
var formulaStart = regexp.MustCompile(`(^|[` + separators + `])([ \t\r\n]*)([` + formulaStarts + `])`)

const (
	separators    = ";,|\"\t\r\n"
	formulaStarts = "-=+@＝＋－＠"
)

// SafeCell returns a text for a cell of a CSV file, such that no spreadsheet reads a
// formula in it: an apostrophe precedes each character that could begin one, and a tab or
// line end at the begin of a cell. No id contains an apostrophe, so a program gets the id
// back by removing the one at the begin.
//
// The text can come from a server or from the list, which is why it cannot be trusted. See
// "CSV Injection" of the OWASP Foundation.
func SafeCell(text string) string {
	plain := !strings.ContainsAny(text, separators) && strings.IndexAny(strings.TrimLeft(text, " "), formulaStarts) != 0
	if plain { // as every UUID
		return text
	}
	text = formulaStart.ReplaceAllString(text, "$1$2'$3")
	if strings.ContainsAny(text[:1], "\t\r\n") {
		return "'" + text
	}
	return text
}
