package bulkdelete

import (
	"slices"
	"strings"
)

// resumeCommand is the command that goes on with what this one began. It has more flags
// than this one, unless it has --resume already.
func (c *Command) resumeCommand(more ...string) string {
	// After "--", flags would be ids.
	end := slices.Index(c.args, "--")
	if end < 0 {
		end = len(c.args)
	}
	words := slices.Clone(c.args)
	if !slices.Contains(c.args[:end], "--resume") {
		words = slices.Insert(words, end, append([]string{"--resume"}, more...)...)
	}
	for i, word := range words {
		words[i] = quoted(word)
	}
	return strings.Join(append([]string{"yuno-erasure"}, words...), " ")
}
