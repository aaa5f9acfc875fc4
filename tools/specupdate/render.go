package main

import (
	"fmt"
	"strings"
)

// A style is the format of a report.
type style struct {
	title, section func(string) string
	words          func(string) string // a sentence; text between backticks is code
	code           func(string) string
}

var (
	plainText = style{
		title:   func(s string) string { return s + "\n" },
		section: func(s string) string { return "\n" + s + "\n" },
		words:   func(s string) string { return s },
		code:    func(s string) string { return s },
	}
	markdown = style{
		title:   func(s string) string { return "# " + s + "\n" },
		section: func(s string) string { return "\n## " + s + "\n\n" },
		words:   markdownWords,
		code:    markdownCode,
	}
)

// markdownWords keeps code between backticks, and escapes the characters that have
// a meaning in Markdown: sentences quote names and addresses.
func markdownWords(s string) string {
	var b strings.Builder
	parts := strings.Split(s, "`")
	for i, part := range parts {
		switch {
		case i%2 == 0:
			for _, r := range part {
				if strings.ContainsRune("\\*_[]<>#|~&!$@", r) {
					b.WriteByte('\\')
				}
				b.WriteRune(r)
			}
		case i == len(parts)-1: // the last backtick has no partner
			b.WriteString("\\`" + markdownWords(part))
		default:
			b.WriteString(markdownCode(part))
		}
	}
	return b.String()
}

// markdownCode encloses a text in more backticks than it contains in a row.
func markdownCode(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	return fence + pad + s + pad + fence
}

func (r report) render(st style) string {
	var b strings.Builder
	if r.Notice != "" {
		fmt.Fprintf(&b, "%s\n\n", st.words(r.Notice))
	}
	b.WriteString(st.title(fmt.Sprintf("Specification update of %s: %s -> %s", st.words(r.Operation), st.words(r.From), st.words(r.To))))
	switch {
	case r.Rewritten:
		b.WriteString("\nOnly the form changed; the contract is the same.\n")
	case len(r.Differences) == 0 && len(r.Changes) == 0:
		b.WriteString("\nNothing changed.\n")
	}
	r.section(&b, st, "Breaks client users", func(c change) (string, bool) { return c.ClientUsers, c.ClientUsers != "" })
	r.section(&b, st, "Breaks server implementers", func(c change) (string, bool) { return c.ServerImplementers, c.ServerImplementers != "" })
	r.section(&b, st, "Breaks nothing, worth knowing", func(c change) (string, bool) { return "", !c.breaks() })
	if len(r.Differences) > 0 {
		b.WriteString(st.section("Every difference"))
		for _, d := range r.Differences {
			fmt.Fprintf(&b, "- %s: %s -> %s\n", st.code(d.At), st.code(orNothing(short(d.Was))), st.code(orNothing(short(d.Now))))
		}
	}
	list(&b, st, "Left out, because the operation does not need it", r.LeftOut)
	list(&b, st, "Expanded where it is referenced", r.Resolved)
	if r.Refused != "" {
		fmt.Fprintf(&b, "\nThe Go API was not compared.\nAn update would be refused: %s\n", st.words(r.Refused))
	}
	return b.String()
}

// section lists the changes that pick selects, each with its meaning.
func (r report) section(b *strings.Builder, st style, heading string, pick func(change) (meaning string, ok bool)) {
	var lines []string
	for _, c := range r.Changes {
		meaning, ok := pick(c)
		if !ok {
			continue
		}
		line := c.Text
		if meaning != "" {
			line += ": " + meaning
		}
		lines = append(lines, fmt.Sprintf("%s [%s]", line, c.ID))
	}
	list(b, st, heading, lines)
}

func list(b *strings.Builder, st style, heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	b.WriteString(st.section(heading))
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", st.words(line))
	}
}
