package bulkdelete_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// The copy of standard input is kept as long as there is a journal.
func TestCopyOfStandardInput(t *testing.T) {
	sb := newYuno(t, 20)
	dir := t.TempDir()
	journal := filepath.Join(dir, "j")
	run := func(stdin string, args ...string) (int, string) {
		code, _, stderr := clitest.RunWithInput(t.Context(), strings.NewReader(stdin), append([]string{"delete", "--file", "-", "--journal", journal}, args...)...)
		return code, stderr
	}
	files := func() string {
		var names []string
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		return strings.Join(names, " ")
	}
	many := strings.Join(ids(20), "\n")
	if code, errs := run(many); code != command.ExitUsage || files() != "" {
		t.Errorf("not confirmed: exit status %d, left %q, %s", code, files(), errs)
	}
	if code, errs := run(many, "--dry-run"); code != command.ExitOK || files() != "" {
		t.Errorf("dry run: exit status %d, left %q, %s", code, files(), errs)
	}
	// A copy without a journal is from a run that never began.
	if err := os.WriteFile(journal+".input", []byte("c1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, errs := run(many, "--yes"); code != command.ExitOK || files() != "j j.input" || remaining(sb) != 0 {
		t.Errorf("exit status %d, left %q, %s", code, files(), errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Setenv(client.EnvAPIEndpoint, sb.URL())
	if code, _, _ := clitest.Run(ctx, "delete", "--file", "-", "--journal", journal+"2", "--yes"); code != command.ExitInterrupted || files() != "j j.input" {
		t.Errorf("interrupted: exit status %d, left %q", code, files())
	}
}

func TestCopyOfStandardInputIsPrivate(t *testing.T) {
	newYuno(t, 1)
	journal := filepath.Join(t.TempDir(), "j")
	_, _, stderr := clitest.RunWithInput(t.Context(), strings.NewReader("c0\n"), "delete", "--file", "-", "--journal", journal)
	if info, err := os.Stat(journal + ".input"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v\n%s", info, err, stderr)
	}
}

// Of two runs that read standard input for the same journal, the later one does not
// replace the copy of the other: it may be the only one of that input.
func TestTwoRunsOfStandardInput(t *testing.T) {
	sb := newYuno(t, 2)
	journal := filepath.Join(t.TempDir(), "j")
	args := []string{"delete", "--file", "-", "--journal", journal}
	first := readerFunc(func(p []byte) (int, error) { // while the later run reads
		if code, _, stderr := clitest.RunWithInput(t.Context(), strings.NewReader("c0\n"), args...); code != command.ExitOK {
			t.Errorf("exit status %d\n%s", code, stderr)
		}
		return 0, io.EOF
	})
	code, _, stderr := clitest.RunWithInput(t.Context(), io.MultiReader(strings.NewReader("c1\n"), first), args...)
	if code != command.ExitUsage || !strings.Contains(stderr, "belongs to an earlier run") {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
	if content, err := os.ReadFile(journal + ".input"); err != nil || string(content) != "c0\n" || remaining(sb) != 1 {
		t.Errorf("the copy is %q, %v; %d remain", content, err, remaining(sb))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
