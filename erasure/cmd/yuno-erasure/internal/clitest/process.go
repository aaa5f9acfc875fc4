package clitest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// Process returns the command as a process to be started in a folder, for tests of
// what only a process has: its streams, signals, its end. Its environment contains
// env, a home that does not exist, and little else. It has no terminal, not even that of
// the person who runs the test: it would ask there. It is killed when the test ends.
func Process(t *testing.T, folder string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testbinary.Path(t), args...)
	cmd.Dir = folder
	cmd.Env = append([]string{"HOME=/home/you", "COLUMNS=100", "TMPDIR=" + os.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	cmd.WaitDelay = await.Patience
	detach(cmd)
	return cmd
}

// RunProcess runs the command as a process, to its end.
func RunProcess(t *testing.T, folder string, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return Finish(t, Process(t, folder, env, args...))
}

// Finish runs a process that was not started yet, to its end.
func Finish(t *testing.T, cmd *exec.Cmd) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}
