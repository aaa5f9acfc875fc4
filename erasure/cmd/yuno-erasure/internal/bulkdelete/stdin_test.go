package bulkdelete_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// The copy of standard input is kept as long as there is a journal.
func TestCopyOfStandardInput(t *testing.T) {
	sb := newYuno(t, 20)
	dir := t.TempDir()
	journal := filepath.Join(dir, "j")
	run := func(stdin string, args ...string) (int, string) {
		var out, errs strings.Builder
		code := cli.Run(t.Context(), append([]string{"delete", "--file", "-", "--journal", journal}, args...), strings.NewReader(stdin), &out, &errs)
		return code, errs.String()
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
	var out bytes.Buffer
	cli.Run(t.Context(), []string{"delete", "--file", "-", "--journal", journal}, strings.NewReader("c0\n"), &out, &out)
	if info, err := os.Stat(journal + ".input"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v\n%s", info, err, &out)
	}
}

// Ids of the command line have no journal to resume, unless --journal names one.
func TestResumeNeedsAJournal(t *testing.T) {
	sb := newYuno(t, 1)
	sb.Close()
	for _, more := range [][]string{nil, {"--journal", filepath.Join(t.TempDir(), "j")}} {
		_, _, stderr := clitest.Run(t.Context(), append([]string{"delete", "c0"}, more...)...)
		if strings.Contains(stderr, "--resume") != (more != nil) {
			t.Errorf("%v: %s", more, stderr)
		}
	}
}

// Of two runs that read standard input for the same journal, the later one does not
// replace the copy of the other: it may be the only one of that input.
func TestTwoRunsOfStandardInput(t *testing.T) {
	sb := newYuno(t, 2)
	journal := filepath.Join(t.TempDir(), "j")
	args := []string{"delete", "--file", "-", "--journal", journal}
	var out, lateOut bytes.Buffer
	first := readerFunc(func(p []byte) (int, error) { // while the later run reads
		if code := cli.Run(t.Context(), args, strings.NewReader("c0\n"), &out, &out); code != command.ExitOK {
			t.Errorf("exit status %d\n%s", code, &out)
		}
		return 0, io.EOF
	})
	if code := cli.Run(t.Context(), args, io.MultiReader(strings.NewReader("c1\n"), first), &lateOut, &lateOut); code != command.ExitUsage || !strings.Contains(lateOut.String(), "belongs to an earlier run") {
		t.Errorf("exit status %d\n%s", code, &lateOut)
	}
	if content, err := os.ReadFile(journal + ".input"); err != nil || string(content) != "c0\n" || remaining(sb) != 1 {
		t.Errorf("the copy is %q, %v; %d remain", content, err, remaining(sb))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
