//go:build unix

package bulkdelete_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// The command asks on its terminal, whatever standard input and error are.
func TestPromptWithRedirectedStreams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		pipedIn, errsInto bool
		typed             string
		code              int
	}{
		{"List", true, false, "20\r", command.ExitOK},
		{"ListAndLog", true, true, "20\r", command.ExitOK},
		{"Log", false, true, "20\r", command.ExitOK},
		{"NotConfirmed", true, true, "2\r", command.ExitFailure},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sb := sandbox.New(t, sandbox.WithCustomers(ids(20)...))
			dir := t.TempDir()
			list := strings.Join(ids(20), "\n")
			if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte(list), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"delete", "--file", "ids.txt"}
			if c.pipedIn {
				args = []string{"delete", "--file", "-", "--journal", "j"}
			}
			master, terminal, err := pty.Open()
			if err != nil {
				t.Skipf("no pseudo-terminal: %v", err)
			}
			cmd := clitest.Process(t, dir, append(keysOf(sb), "TERM=xterm"), args...)
			log := &testbinary.Output{}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
			if c.pipedIn {
				cmd.Stdin = strings.NewReader(list)
			}
			if c.errsInto {
				cmd.Stderr = log
			}
			cmd.ExtraFiles = []*os.File{terminal}
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = terminal.Close()
			p := testbinary.WatchTerminal(t, cmd, master)
			p.WaitFor(t, "Type the number of customers to continue: ")
			if n := strings.Count(p.Output.String(), "Erasing 20 customers of account "); n != 1 {
				t.Errorf("says %d times what it asks for:\n%s", n, p.Output)
			}
			if _, err := master.WriteString(c.typed); err != nil {
				t.Fatal(err)
			}
			if code := p.Wait(t); code != c.code || (remaining(sb) == 0) != (code == command.ExitOK) {
				t.Errorf("exit status %d, %d remain\n%s%s", code, remaining(sb), p.Output, log)
			}
		})
	}
}

// Without a terminal, the command refuses and names the flag. Nothing is left.
func TestPromptWithoutATerminal(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t, sandbox.WithCustomers(ids(20)...))
	dir := t.TempDir()
	cmd := clitest.Process(t, dir, keysOf(sb), "delete", "--file", "-", "--journal", "j")
	cmd.Stdin = strings.NewReader(strings.Join(ids(20), "\n"))
	code, _, stderr := clitest.Finish(t, cmd)
	if code != command.ExitUsage || remaining(sb) != 20 || !strings.HasSuffix(stderr,
		"yuno-erasure: there is no terminal to ask for confirmation on\nTry: the same with --yes, if that is what you want\n") {
		t.Errorf("exit status %d, %d remain\n%s", code, remaining(sb), stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "j")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left a journal: %v", err)
	}
}

// A command in the background refuses too: if it asked, the shell would stop it.
func TestPromptInTheBackground(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t, sandbox.WithCustomers(ids(20)...))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte(strings.Join(ids(20), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := clitest.Process(t, dir, append(keysOf(sb), "TERM=xterm"))
	cmd.Args = []string{"sh", "-c", `set -m; "$0" delete --file ids.txt </dev/null & wait $!; echo "exit status $?"`, cmd.Path}
	cmd.Path = "/bin/sh"
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	p := testbinary.WatchTerminal(t, cmd, terminal)
	p.Wait(t)
	if text := p.Output.String(); !strings.Contains(text, "there is no terminal to ask for confirmation on") || !strings.Contains(text, "exit status 2") {
		t.Errorf("shows %q", text)
	}
}
