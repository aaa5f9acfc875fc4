package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/internal/testprogram"
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
	write("providers.yaml", "connections:\n  - name: stripe-eu\n    use: stripe\n  - name: old-gateway\n    use: manual\n")
	write("env.yaml", "connections:\n  - name: from-env\n    use: manual\n")
	t.Setenv("YUNO_ERASURE_PROVIDERS", "env.yaml")
	for line, want := range map[string]string{
		"yuno-erasure ver":                                         "verify version",
		"yuno-erasure delete --profile ":                           "practice production",
		"yuno-erasure delete --profile pro":                        "production",
		"yuno-erasure check --profile pra":                         "practice",
		"yuno-erasure delete --profile=pro":                        "production",
		"yuno-erasure delete --profile=pro --profi":                "--profile",
		"yuno-erasure delete --profile production --profi":         "--profile",
		"yuno-erasure delete --json --profile pra":                 "practice",
		"yuno-erasure delete -f l --profile pra":                   "practice",
		"yuno-erasure delete --file lists/":                        "", // the shell completes file names
		"yuno-erasure customers import lists/j":                    "",
		"yuno-erasure customers import june.csv li":                "",
		"yuno-erasure --conf":                                      "--config",
		"yuno-erasure serve --heartbeat":                           "", // hidden
		"yuno-erasure serve --conf":                                "--config",
		"yuno-erasure delete verify":                               "", // an id
		"yuno-erasure delete delete ver":                           "",
		"yuno-erasure completion ":                                 "bash fish zsh",
		"yuno-erasure completion bash ":                            "",
		"yuno-erasure completion -c z":                             "zsh",
		"yuno-erasure completion -":                                "--code --config --help -c -h",
		"yuno-erasure":                                             "",
		"yuno-erasure providers check --providers providers.yaml ": "old-gateway stripe-eu",
		"yuno-erasure providers check --providers=providers.yaml ": "old-gateway stripe-eu",
		"yuno-erasure providers pause ":                            "from-env",
		"yuno-erasure providers pause from-env ":                   "",
		"yuno-erasure erasures list --provider f":                  "from-env",
		"yuno-erasure erasures list --state in":                    "in_progress",
		"yuno-erasure help pro":                                    "providers",
		"yuno-erasure help erasures li":                            "list",
		"yuno-erasure help hel":                                    "",
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

// A shell names the byte at which the cursor is.
func TestCompletedPoint(t *testing.T) {
	t.Setenv("COMP_LINE", "yuno-erasure verify --json")
	for point, want := range map[string]string{"16": "verify\nversion\n", "25": "--json\n", "99": "--json\n", "": "--json\n", "-1": "--json\n", "3": ""} {
		t.Setenv("COMP_POINT", point)
		if status, stdout, stderr := run(t); status != command.ExitOK || stdout != want || stderr != "" {
			t.Errorf("%q: exit status %d, %q, want %q\n%s", point, status, stdout, want, stderr)
		}
	}
}

func TestCompletion(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"bash": "complete -o default", "zsh": "bashcompinit", "fish": "complete -f -c"} {
		status, stdout, stderr := run(t, "completion", "-c", name)
		if status != command.ExitOK || !strings.Contains(stdout, want) || !strings.Contains(stdout, program) || strings.Contains(stdout, "%!") || stderr != "" {
			t.Errorf("%s: exit status %d\n%s%s", name, status, stdout, stderr)
		}
		t.Setenv("SHELL", "/usr/bin/"+name)
		status, stdout, stderr = run(t, "completion")
		if status != command.ExitOK || !strings.Contains(stdout, shells[name].line) || !strings.Contains(stdout, shells[name].startup) || stderr != "" {
			t.Errorf("%s, how to use it: exit status %d\n%s%s", name, status, stdout, stderr)
		}
	}
	for _, name := range []string{"", "/bin/tcsh"} {
		t.Setenv("SHELL", name)
		if status, stdout, stderr := run(t, "completion"); status != command.ExitUsage || stdout != "" || !strings.Contains(stderr, "which shell?") {
			t.Errorf("SHELL=%s: exit status %d\n%s%s", name, status, stdout, stderr)
		}
	}
}

// Bash reads the code back as it was meant, also of a program in a folder with a strange name.
func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	bash := testprogram.Find(t, "bash")
	program := filepath.Join(t.TempDir(), "it's $HOME", "yuno-erasure")
	if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
		t.Fatal(err)
	}
	testprogram.Write(t, program, "#!/bin/sh\necho verify\n")
	code := fmt.Sprintf(shells["bash"].code, shells["bash"].program(program))
	// compgen takes the same options, and prints what the program does.
	script := strings.Replace(strings.TrimSuffix(code, "yuno-erasure\n"), "complete ", "compgen ", 1)
	output, err := exec.CommandContext(t.Context(), bash, "-c", code+script+"ver 2>/dev/null").Output()
	if err != nil || string(output) != "verify\n" {
		t.Errorf("%v\n%s%s", err, script, output)
	}
}
