package bulkdelete

import (
	"slices"
	"strings"
)

// resumeCommand is the command that goes on with what this one began.
func (c *Command) resumeCommand(more ...string) string { return resumeCommand(c.args, more...) }

// resumeCommand returns the command that goes on with what one of these arguments began. It
// has more flags than that one, unless that has --resume already.
func resumeCommand(args []string, more ...string) string {
	// After "--", flags would be ids.
	end := slices.Index(args, "--")
	if end < 0 {
		end = len(args)
	}
	words := slices.Clone(args)
	if !slices.Contains(args[:end], "--resume") {
		words = slices.Insert(words, end, append([]string{"--resume"}, more...)...)
	}
	for i, word := range words {
		words[i] = quoted(word)
	}
	return strings.Join(append([]string{"yuno-erasure"}, words...), " ")
}
