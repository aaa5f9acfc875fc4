package testbinary_test

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// What a process wrote to its terminal last is read before it counts as ended.
func TestWatchTerminal(t *testing.T) {
	t.Parallel()
	master, terminal, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := testbinary.WatchTerminal(t, cmd, master)
	await.True(t, "the process is gone", func() bool {
		return errors.Is(cmd.Process.Signal(syscall.Signal(0)), os.ErrProcessDone)
	})
	if err := p.Running(); err != nil {
		t.Errorf("has ended while its output can still come: %v", err)
	}
	_, err = terminal.WriteString("its last words")
	if err := errors.Join(err, terminal.Close()); err != nil {
		t.Fatal(err)
	}
	p.WaitFor(t, "its last words")
	if status := p.Wait(t); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
