package cli

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// run runs the command with nothing on standard input.
func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = Run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"NoCommand", nil, `expected one of "delete"`},
		{"UnknownCommand", []string{"erase"}, "unexpected argument erase"},
		{"UnknownFlag", []string{"demo", "--fast"}, "unknown flag --fast"},
		{"PortThatIsNoNumber", []string{"demo", "--port", "http"}, `--port wants a whole number, not "http"`},
		{"NoArgument", []string{"erasures", "show"}, "missing: <id>"},
		{"NoDuration", []string{"serve", "--deadline", "30d"}, `--deadline wants a time such as 36h, 30m or 20s, not "30d"`},
		{"NoFloat", []string{"serve", "--rate", "1,5"}, `--rate wants a number, not "1,5"`},
		{"NoLevel", []string{"serve", "--log-level", "loud"}, `--log-level wants debug, info, warn or error, not "loud"`},
		{"NoChoice", []string{"erasures", "list", "--state", "x"}, `--state must be one of "in_progress", "completed", "completed_with_exceptions", "attention_required" but got "x"`},
		{"NoFile", []string{"providers", "list", "--providers", "/nowhere"}, "--providers: /nowhere: no such file or directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, _, stderr := run(t, c.args...)
			if status != command.ExitUsage || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "Try: ") {
				t.Errorf("exit status %d, stderr %q", status, stderr)
			}
		})
	}
	t.Run("Help", func(t *testing.T) {
		t.Parallel()
		status, stdout, stderr := run(t, "--help")
		if status != command.ExitOK || !strings.Contains(stdout, "demo") || stderr != "" {
			t.Errorf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
		}
	})
}

// The words that people try first do what they expect.
func TestHelpAndVersionAliases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, same []string }{
		{[]string{"help"}, []string{"--help"}},
		{[]string{"help", "delete"}, []string{"delete", "--help"}},
		{[]string{"help", "erasures", "list"}, []string{"erasures", "list", "--help"}},
		{[]string{"help", "help"}, []string{"help", "--help"}},
		{[]string{"--version"}, []string{"version"}},
	} {
		status, stdout, stderr := run(t, c.typed...)
		wantStatus, want, _ := run(t, c.same...)
		if status != wantStatus || stdout != want || stderr != "" || stdout == "" {
			t.Errorf("%v: exit status %d\n%s%s", c.typed, status, stdout, stderr)
		}
	}
	for _, c := range []struct {
		typed []string
		want  string
	}{
		{[]string{"help", "erase"}, "there is no command erase\nTry: yuno-erasure help\n"},
		{[]string{"help", "erasures", "lst"}, "there is no command erasures lst\nTry: yuno-erasure help erasures\n"},
		{[]string{"help", "--json"}, "there is no command --json\n"},
		{[]string{"version", "--version"}, "unknown flag --version"},
	} {
		if status, stdout, stderr := run(t, c.typed...); status != command.ExitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit status %d\n%s%s", c.typed, status, stdout, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	status, stdout, _ := run(t, "version")
	if status != command.ExitOK || !strings.HasPrefix(stdout, "yuno-erasure ") || !strings.Contains(stdout, " go1.") {
		t.Errorf("exit status %d, %q", status, stdout)
	}
	status, stdout, _ = run(t, "version", "--json")
	var got map[string]string
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != command.ExitOK ||
		got["version"] == "" || got["go"] != runtime.Version() {
		t.Errorf("--json: exit status %d, %v, %q", status, err, stdout)
	}
}
