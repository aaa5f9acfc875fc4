package client

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the server's text in Error.Error, in bytes.
const (
	maxCodeText    = 64
	maxMessageText = 200
	maxMessages    = 3
)

// Error describes the failure on one line. It quotes and truncates the server's
// text. The URL of the call, and the customer id if it has at least 8 bytes, are
// replaced by "[redacted]".
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	var b strings.Builder
	b.WriteString(e.operation().name + ": ")
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, "%d", e.StatusCode)
		if text := http.StatusText(e.StatusCode); text != "" {
			b.WriteString(" " + text)
		}
		e.writeServerText(&b)
	} else if e.Attempts > 0 || e.Err == nil {
		b.WriteString("no response")
	}
	if e.Err != nil {
		if e.StatusCode != 0 || e.Attempts > 0 {
			b.WriteString(": ")
		}
		b.WriteString(oneLine(e.Err.Error()))
	}
	e.writeNotes(&b)
	return b.String()
}

// writeNotes adds, in brackets, what helps to investigate.
func (e *Error) writeNotes(b *strings.Builder) {
	var notes []string
	if e.StatusCode == http.StatusNotFound && e.Code == "" {
		notes = append(notes, "not a response of the API; check the base URL")
	}
	if e.RequestID != "" {
		notes = append(notes, "request id "+oneLine(e.RequestID))
	}
	if e.Attempts > 1 {
		notes = append(notes, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if e.MayHaveApplied {
		notes = append(notes, "the erasure may have been accepted")
	}
	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, "; ") + ")")
	}
}

func (e *Error) writeServerText(b *strings.Builder) {
	if e.Code != "" {
		b.WriteString(" " + quote(e.Code, maxCodeText))
	}
	for i, message := range e.Messages {
		if i == maxMessages {
			fmt.Fprintf(b, " and %d more", len(e.Messages)-i)
			break
		}
		b.WriteString(" " + quote(message, maxMessageText))
	}
	if e.Code == "" && len(e.Messages) == 0 && len(e.Body) > 0 && !e.operation().returns {
		b.WriteString(" " + quote(cmp.Or(e.bodyText, string(e.Body)), maxMessageText))
	}
}

// quote makes text safe for terminals and logs: it may contain line breaks and
// escape sequences.
func quote(text string, limit int) string {
	start, ellipsis := truncate(text, limit)
	return fmt.Sprintf("%q", start) + ellipsis
}

// oneLine quotes text only if it contains control characters.
func oneLine(text string) string {
	const limit = 500
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }) {
		return quote(text, limit)
	}
	start, ellipsis := truncate(strings.ReplaceAll(text, "\n", "; "), limit) // errors.Join writes line breaks
	return start + ellipsis
}

// truncate returns at most limit bytes of text, ending between two runes.
func truncate(text string, limit int) (start, ellipsis string) {
	if len(text) <= limit {
		return text, ""
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit], "..."
}
