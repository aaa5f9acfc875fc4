package command

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"golang.org/x/term"
)

// JSONFlag is the --json of every subcommand that prints data.
type JSONFlag struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Print prints what was done: a sentence for people or, with --json, the facts.
func (f JSONFlag) Print(w io.Writer, facts map[string]any, format string, args ...any) error {
	if f.JSON {
		return PrintJSON(w, facts)
	}
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}

// PrintJSON prints one indented value.
func PrintJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// PrintJSONWithList is [PrintJSON] of an object with one more field, a list that may be too
// long for memory: each calls yield with its elements.
func PrintJSONWithList(w io.Writer, object any, name string, each func(yield func(any) error) error) error {
	var head bytes.Buffer
	if err := PrintJSON(&head, object); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s,\n  %q: [", bytes.TrimSuffix(head.Bytes(), []byte("\n}\n")), name)
	between := "\n    "
	err := each(func(element any) error {
		text, err := json.Marshal(element)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s%s", between, text)
		between = ",\n    "
		return err
	})
	if err != nil {
		return err
	}
	if between != "\n    " {
		fmt.Fprint(out, "\n  ")
	}
	fmt.Fprint(out, "]\n}\n")
	return out.Flush()
}

// PrintTable prints rows in columns under a header, whose names are separated by
// spaces. It replaces empty cells by "-", and characters that are not printable by U+FFFD:
// notes and reasons are free text, and a terminal obeys what is in it.
func PrintTable(w io.Writer, header string, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		for i, cell := range row {
			if row[i] = Printable(cell); cell == "" {
				row[i] = "-"
			}
		}
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	return tw.Flush()
}

// Printable replaces characters that are not printable, line breaks included, by U+FFFD.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// Count returns a number with its noun: "1 target", "2 targets".
func Count(n int, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return fmt.Sprintf("%d %s", n, plural)
}

// FormatTime returns a time in UTC, to the second. The zero time is "".
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// TrackedWriter keeps the first error of writing to W, for work that continues when
// its output cannot be written.
type TrackedWriter struct {
	W   io.Writer
	Err error // the first error, or nil
}

// Write implements [io.Writer].
func (t *TrackedWriter) Write(p []byte) (int, error) {
	n, err := t.W.Write(p)
	t.Err = cmp.Or(t.Err, err)
	return n, err
}
