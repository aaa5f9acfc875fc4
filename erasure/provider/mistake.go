package provider

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Mistake is one error in a configuration or a description. It never contains
// the wrong value, which may be a secret in the wrong place.
type Mistake struct {
	// File is the path given to [Load], or that of a file it refers to.
	File string
	// Line counts from 1; it is 0 if the mistake is about the whole file.
	Line int
	// Field is the path of keys to the mistake, such as
	// "connections[1].parameters.api_key"; empty for the whole file.
	Field string
	// Problem says what is wrong. It begins in lower case.
	Problem string
}

func (m Mistake) String() string {
	var b strings.Builder
	b.WriteString(m.File)
	if m.Line > 0 {
		fmt.Fprintf(&b, ":%d", m.Line)
	}
	b.WriteString(": ")
	if m.Field != "" {
		b.WriteString(m.Field + ": ")
	}
	b.WriteString(m.Problem)
	return b.String()
}

// Mistakes are all the mistakes that [Load] found, in the order of the files
// and of the lines in each.
type Mistakes []Mistake

// sort puts the mistakes of one file into the order of its lines.
func (ms Mistakes) sort() {
	slices.SortStableFunc(ms, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
}

// Error returns one line per mistake.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}
