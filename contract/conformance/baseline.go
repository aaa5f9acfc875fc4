package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A Baseline lists cases that an implementation is known to fail, so that the rest can be
// enforced before everything is right. A listed case that passes is
// reported and fails the run: the list may only shrink. The zero Baseline lists nothing.
type Baseline struct {
	reasons map[string]string
}

// ParseBaseline reads a baseline: one case a line, its name, white space, and the
// reason why its failure is accepted. Empty lines and lines that begin with
// # are ignored. A name that no case has, a name given twice and a missing reason are errors.
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
		switch {
		case !isCase(name):
			return Baseline{}, fmt.Errorf("contract: baseline line %d: no case is named %q", n, name)
		case b.has(name):
			return Baseline{}, fmt.Errorf("contract: baseline line %d: %s is listed twice", n, name)
		case reason == "":
			return Baseline{}, fmt.Errorf("contract: baseline line %d: %s has no reason", n, name)
		}
		b.reasons[name] = reason
	}
	if err := lines.Err(); err != nil {
		return Baseline{}, fmt.Errorf("contract: reading baseline: %w", err)
	}
	return b, nil
}

func (b Baseline) has(name string) bool { _, ok := b.reasons[name]; return ok }

func (b Baseline) reason(name string) (string, bool) {
	reason, ok := b.reasons[name]
	return reason, ok
}
