package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// report says what a new specification changes and whom it breaks.
type report struct {
	From string `json:"from"` // title and version of what is vendored
	To   string `json:"to"`   // title and version of what comes

	Changes     []change     `json:"changes"`
	Differences []difference `json:"differences"`
	LeftOut     []string     `json:"left_out,omitempty"`
	Resolved    []string     `json:"written_out,omitempty"`
}

// Breaking reports whether any change breaks anybody.
func (r report) Breaking() bool {
	for _, c := range r.Changes {
		if c.breaks() {
			return true
		}
	}
	return false
}

func (r report) write(w io.Writer, format string) error {
	switch format {
	case "json":
		type plain report
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(struct {
			Breaking bool `json:"breaking"`
			plain
		}{r.Breaking(), plain(r)})
	case "markdown":
		_, err := io.WriteString(w, r.render(markdown))
		return err
	default:
		_, err := io.WriteString(w, r.render(plainText))
		return err
	}
}

// style is how a report is set: the same sections in two dresses.
type style struct {
	title, section func(string) string
	code           func(string) string
}

var (
	plainText = style{
		title:   func(s string) string { return s + "\n" },
		section: func(s string) string { return "\n" + s + "\n" },
		code:    func(s string) string { return s },
	}
	markdown = style{
		title:   func(s string) string { return "# " + s + "\n" },
		section: func(s string) string { return "\n## " + s + "\n\n" },
		code:    func(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" },
	}
)

func (r report) render(st style) string {
	var b strings.Builder
	b.WriteString(st.title(fmt.Sprintf("Specification update: %s -> %s", r.From, r.To)))
	if len(r.Differences) == 0 && len(r.Changes) == 0 {
		b.WriteString("\nNothing changed.\n")
	}
	r.section(&b, st, "Breaks client users", func(c change) (string, bool) { return c.ClientUsers, c.ClientUsers != "" })
	r.section(&b, st, "Breaks server implementers", func(c change) (string, bool) { return c.ServerImplementers, c.ServerImplementers != "" })
	r.section(&b, st, "Breaks nobody, worth knowing", func(c change) (string, bool) { return "", !c.breaks() })
	if len(r.Differences) > 0 {
		b.WriteString(st.section("Every difference"))
		for _, d := range r.Differences {
			fmt.Fprintf(&b, "- %s: %s -> %s\n", st.code(d.At), st.code(orNothing(d.Was)), st.code(orNothing(d.Now)))
		}
	}
	list(&b, st, "Left out, since the operation does not need it", r.LeftOut)
	list(&b, st, "Written out where it was referred to", r.Resolved)
	return b.String()
}

// section lists the changes that pick takes, each with what it means.
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
		fmt.Fprintf(b, "- %s\n", line)
	}
}
