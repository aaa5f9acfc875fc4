package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// jsonFlag is the flag of every subcommand that prints data.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// say prints what was done: a sentence for people, or the facts as JSON.
func (f jsonFlag) say(w io.Writer, facts map[string]any, format string, args ...any) error {
	if f.JSON {
		return printJSON(w, facts)
	}
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}

// printJSON prints one indented value.
func printJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// printTable prints rows under a header, in columns.
func printTable(w io.Writer, header string, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		for i, cell := range row {
			if cell == "" {
				row[i] = "-"
			}
		}
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	return tw.Flush()
}

// counted is a number of things, in English.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// timeText is a time to the second, or nothing.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// shellExport is a line for a shell to take a variable from. The value is quoted,
// so that it is a value whatever stands in it.
func shellExport(name, value string) string {
	return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n"
}

// firstError remembers the first error of writing, for a command that goes on with
// its work if nobody can read how.
type firstError struct {
	w   io.Writer
	err error
}

// Write implements [io.Writer].
func (f *firstError) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	f.err = cmp.Or(f.err, err)
	return n, err
}
