package cli

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

// The page has every command with its flags and examples, and man has nothing to complain
// about.
func TestMan(t *testing.T) {
	t.Parallel()
	status, page, stderr := run(t, "man")
	if status != command.ExitOK || stderr != "" {
		t.Fatalf("exit status %d, %q", status, stderr)
	}
	forEach(newParser(t, &root{}).Model.Node, nil, func(node *kong.Node, args []string) {
		if len(node.Children) > 0 {
			return
		}
		name := "yuno-erasure " + strings.Join(args, " ")
		_, rest, ok := strings.Cut(page, `.SS "`+escapeRoff(name)+"\"\n")
		if !ok {
			t.Errorf("%s is missing", name)
			return
		}
		section, _, _ := strings.Cut(rest, "\n.S")
		for _, flag := range node.Flags {
			if has := strings.Contains(section, escapeRoff("--"+flag.Name)); has == flag.Hidden && flag.Name != "help" {
				t.Errorf("%s --%s: on the page: %t, hidden: %t", name, flag.Name, has, flag.Hidden)
			}
		}
		for _, example := range exampleLine.FindAllString(node.Detail, -1) {
			if !strings.Contains(section, "\n"+escapeRoff(example)+"\n") {
				t.Errorf("%s lacks the example %q", name, example)
			}
		}
	})
	groff := testprogram.Find(t, "groff")
	cmd := exec.CommandContext(t.Context(), groff, "-man", "-ww", "-b", "-z", "-Tutf8", "-Kutf8")
	cmd.Stdin = strings.NewReader(page)
	if output, err := cmd.CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestEscapeRoff(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`a\b`:    `a\eb`,
		"--json": `\-\-json`,
		".TH":    `\&.TH`,
		"'x'":    `\&'x'`,
		"a.b":    "a.b",
	} {
		if got := escapeRoff(line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}
