package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A Baseline lists the cases that an implementation is known to fail, so that the others
// can be enforced meanwhile. A listed case that passes fails the run, so the list can only
// shrink. The zero Baseline lists nothing.
type Baseline struct {
	reasons map[string]string // by name of the case
}

// ParseBaseline reads a baseline. Each line has the name of a case, white space, and the
// reason why the failure is accepted. Empty lines and lines that begin with # are ignored.
// An unknown or duplicate name or a missing reason is an error that names the line.
func ParseBaseline(r io.Reader) (Baseline, error) {
	b := Baseline{reasons: map[string]string{}}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, reason := line, ""
		if i := strings.IndexAny(line, " \t"); i >= 0 {
			name, reason = line[:i], strings.TrimSpace(line[i:])
		}
		if err := b.add(name, reason); err != nil {
			return Baseline{}, fmt.Errorf("conformance: baseline line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return Baseline{}, fmt.Errorf("conformance: reading baseline: %w", err)
	}
	return b, nil
}

func (b Baseline) add(name, reason string) error {
	_, listed := b.reasons[name]
	switch {
	case !isCase(name):
		return fmt.Errorf("no case is named %q", name)
	case listed:
		return fmt.Errorf("%s is listed twice", name)
	case reason == "":
		return fmt.Errorf("%s has no reason", name)
	}
	b.reasons[name] = reason
	return nil
}

// reason returns why the failure of a case is accepted, and whether it is.
func (b Baseline) reason(name string) (string, bool) {
	reason, ok := b.reasons[name]
	return reason, ok
}
