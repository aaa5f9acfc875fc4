package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// guideCommand is a command in a guide: a line of a block, also one that a message shows, or
// a span of a sentence.
var guideCommand = regexp.MustCompile("(?m)^    (?:\\$ |Then continue with: )?(yuno-erasure [a-z].*)$|`(yuno-erasure [a-z][^`]*)`")

// Every command of the guides exists, with its flags.
func TestCommandsOfGuides(t *testing.T) {
	guides, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "..", "docs", "*.md"))
	if err != nil || len(guides) == 0 {
		t.Fatalf("guides: %v, %v", guides, err)
	}
	texts := map[string]string{}
	for _, guide := range guides {
		text, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(guide)] = string(text)
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"providers.yaml", "sandbox.json", "customers.jsonl"} {
		if err := os.WriteFile(name, []byte("{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	for guide, text := range texts {
		for _, found := range guideCommand.FindAllStringSubmatch(text, -1) {
			line, _, _ := strings.Cut(found[1]+found[2], " #")
			if strings.ContainsAny(line, "[]…") || strings.Contains(line, "...") || strings.Contains(line, "ID") {
				continue // says how to call it, not what to type
			}
			seen++
			words := exampleWord.FindAllString(line, -1)[1:]
			for i := range words {
				words[i] = strings.Trim(words[i], `"'`)
			}
			commands := &root{}
			parser := newParser(t, commands)
			if node := commandOf(parser.Model.Node, words); len(node.Children) > 0 || found[2] != "" && len(words) == len(strings.Fields(node.Path())) {
				continue // the name of a command
			}
			if _, err := parser.Parse(words); err != nil {
				t.Errorf("%s: %q: %v", guide, line, err)
			}
		}
	}
	if seen < 20 {
		t.Errorf("found only %d commands", seen)
	}
}

// What docs/operations.md cannot have run by a test, because it is for other machines, exists
// with its flags.
func TestCommandsForElsewhere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, block := range regexp.MustCompile("(?ms)^```sh host\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			words := exampleWord.FindAllString(strings.TrimSpace(line), -1)
			if len(words) == 0 || words[0] != "yuno-erasure" {
				continue
			}
			for i := range words {
				words[i] = strings.Trim(words[i], `"'`)
			}
			seen++
			if _, err := newParser(t, &root{}).Parse(words[1:]); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
	if seen < 2 {
		t.Errorf("found only %d commands", seen)
	}
}

// commandOf returns the command that the words begin with.
func commandOf(node *kong.Node, words []string) *kong.Node {
	for _, word := range words {
		next := node
		for _, child := range node.Children {
			if child.Name == word {
				next = child
			}
		}
		if next == node {
			return node
		}
		node = next
	}
	return node
}
