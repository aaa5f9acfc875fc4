package yunocustomers_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// bannedWords have a better replacement in every sentence. CONTRIBUTING.md lists
// the words to use. A word with a legitimate use does not belong here.
var bannedWords = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{word(`anew`), "again, from scratch"},
	{word(`answer(s|ed|ing)? ([1-5][0-9][0-9]|the request|over http)`), "respond with"},
	{word(`census`), "scan"},
	{word(`holds (for|if|when)`), "reports whether, applies to"},
	{word(`is there already`), "already exists"},
	{word(`lest`), "a sentence of its own"},
	{word(`mend(s|ed|ing)?`), "fix"},
	{word(`one another`), "each other"},
	{word(`stands twice`), "is duplicated"},
	{word(`thereby`), "a sentence of its own"},
	{word(`told off`), "rejected, reported"},
	{word(`victim`), "data subject, customer"},
	{word(`whereupon`), "a sentence of its own"},
	{word(`who(m?)ever`), "the process, caller, client, operator"},
}

// word compiles a pattern in lower case. Each begins with plain letters, so that regexp
// searches for these at the speed of bytes.Index; (?i) or \b in front would prevent that.
func word(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern + `\b`) }

// find returns the places in text, in lower case, at which pattern begins a word.
func find(pattern *regexp.Regexp, text []byte) (found [][]int) {
	for _, at := range pattern.FindAllIndex(text, -1) {
		if at[0] == 0 || !wordByte.Match(text[at[0]-1:at[0]]) {
			found = append(found, at)
		}
	}
	return found
}

var wordByte = regexp.MustCompile(`\w`)

// TestBannedWords looks at everything that is written by hand. Data, such as the
// vendored specification and documents of providers, keeps its own words.
func TestBannedWords(t *testing.T) {
	t.Parallel()
	list, err := exec.CommandContext(t.Context(), "git", "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("not in a git checkout: %v", err)
	}
	for path := range strings.Lines(string(list)) {
		path = strings.TrimSpace(path)
		switch {
		case path == "words_test.go", strings.HasSuffix(path, ".gen.go"), strings.Contains(path, "/testdata/"):
			continue
		case filepath.Ext(path) != ".go" && filepath.Ext(path) != ".md" && filepath.Ext(path) != ".sh" && path != "Makefile":
			continue
		}
		text := bytes.ToLower(readFile(t, path))
		for _, banned := range bannedWords {
			for _, at := range find(banned.pattern, text) {
				line := 1 + bytes.Count(text[:at[0]], []byte("\n"))
				t.Errorf("%s:%d: %q; instead: %s", path, line, text[at[0]:at[1]], banned.instead)
			}
		}
	}
}
