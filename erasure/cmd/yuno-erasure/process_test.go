package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

// asCommand in the environment makes the test binary be the command, for tests
// of what only a process has: its output's files, signals, its end.
const asCommand = "YUNO_ERASURE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main() // does not return
	}
	os.Exit(m.Run())
}

// process is the command, to be run in a folder. Its environment is empty but for
// what is given and a home that nobody has.
func process(t *testing.T, folder string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = folder
	cmd.Env = append([]string{asCommand + "=1", "HOME=/home/you", "COLUMNS=100", "TMPDIR=" + os.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// runProcess runs the command to its end.
func runProcess(t *testing.T, folder string, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return finish(t, process(t, folder, env, args...))
}

// finish runs a process to its end.
func finish(t *testing.T, cmd *exec.Cmd) (code int, stdout, stderr string) {
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
