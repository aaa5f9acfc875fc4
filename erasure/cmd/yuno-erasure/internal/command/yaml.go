package command

import "strings"

// YAMLError returns the text of a YAML decoder's error in one line, without what the
// decoder quotes from the document: the file may contain keys.
func YAMLError(err error) string {
	text := err.Error()
	if i := strings.Index(text, "`"); i >= 0 {
		text = text[:i] + "…"
	}
	return strings.ReplaceAll(text, "\n", " ")
}
