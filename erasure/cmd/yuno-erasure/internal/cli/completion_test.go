package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// A shell asks with the line in COMP_LINE.
func TestCompletedLines(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Chdir(config)
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("yuno-erasure/config.yaml", "profiles:\n  production: {}\n  practice: {}\n")
	write("lists/june.csv", "")
	write("providers.yaml", "connections:\n  - name: stripe-eu\n    use: stripe\n  - name: old-gateway\n    use: manual\n")
	write("env.yaml", "connections:\n  - name: from-env\n    use: manual\n")
	t.Setenv("YUNO_ERASURE_PROVIDERS", "env.yaml")
	for line, want := range map[string]string{
		"yuno-erasure ver":                                         "verify version",
		"yuno-erasure delete --profile ":                           "practice production",
		"yuno-erasure delete --profile pro":                        "production",
		"yuno-erasure check --profile pra":                         "practice",
		"yuno-erasure delete --file lists/":                        "lists/ lists/june.csv",
		"yuno-erasure delete -f lists/ju":                          "lists/june.csv",
		"yuno-erasure delete --report li":                          "lists/ lists/june.csv",
		"yuno-erasure customers import lists/j":                    "lists/june.csv",
		"yuno-erasure providers check --providers providers.yaml ": "old-gateway stripe-eu",
		"yuno-erasure providers pause ":                            "from-env",
		"yuno-erasure erasures list --provider f":                  "from-env",
		"yuno-erasure erasures list --state in":                    "in_progress",
		"yuno-erasure help pro":                                    "providers",
		"yuno-erasure help erasures li":                            "list",
		"yuno-erasure providers check --providers nowhere.yaml ":   "",
	} {
		t.Setenv("COMP_LINE", line)
		status, stdout, stderr := run(t)
		got := strings.Fields(stdout)
		slices.Sort(got)
		if status != command.ExitOK || strings.Join(got, " ") != want || stderr != "" {
			t.Errorf("%q: exit status %d, %q, want %q\n%s", line, status, got, want, stderr)
		}
	}
	t.Setenv("COMP_LINE", "yuno-erasure delete --profile ")
	write("yuno-erasure/config.yaml", "profiles: [")
	if status, stdout, stderr := run(t); status != command.ExitOK || stdout != "" || stderr != "" {
		t.Errorf("broken profiles: exit status %d, %q, %q", status, stdout, stderr)
	}
}
