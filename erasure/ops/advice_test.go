package ops_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/ops"
)

// The page offers the action that docs/operations.md names for the reason.
func TestAdviceIsThatOfTheGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "| `ask_by_hand` |")
	table, _, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatal("the guide has no table of reasons that need a person")
	}
	guide := map[string]string{} // what to do, by reason
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| .* \\| (.*) \\|$").FindAllStringSubmatch("| `ask_by_hand` |"+table, -1) {
		guide[row[1]] = row[2]
	}
	for reason, do := range guide {
		if same := regexp.MustCompile("[Aa]s with `(\\w+)`").FindStringSubmatch(do); same != nil {
			do = guide[same[1]]
		}
		if got, want := ops.AdviceOn(reason).Fits, actionOf(do); got != want {
			t.Errorf("%s: the page offers %q, and the guide %q: %s", reason, got, want, do)
		}
	}
	for _, reason := range ops.Advised() {
		if guide[reason] == "" {
			t.Errorf("%s is not in the guide", reason)
		}
	}
	if len(guide) != len(ops.Advised()) {
		t.Errorf("the guide has %d reasons, and the page %d", len(guide), len(ops.Advised()))
	}
}

// actionOf returns the action of the first command in a text of the guide that changes
// something. It is empty if there is none, and the targets go on by themselves.
func actionOf(do string) erasure.ActionKind {
	first, at := erasure.ActionKind(""), len(do)
	for text, action := range map[string]erasure.ActionKind{
		"erasures retry": erasure.ActionRetry, "erasures resolve": erasure.ActionResolve,
		"#a-providers-key-expired": erasure.ActionResumeConnection, "providers resume": erasure.ActionResumeConnection,
	} {
		if i := strings.Index(do, text); i >= 0 && i < at {
			first, at = action, i
		}
	}
	return first
}
