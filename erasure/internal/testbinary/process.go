package testbinary

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// Process is a started process, which may have ended since. It is killed when the
// test ends.
type Process struct {
	Output *Output // what it writes to standard output and standard error
	cmd    *exec.Cmd
	ended  chan struct{} // closed once it has ended; cmd.ProcessState says how
}

// Start starts a command. Both of its streams go to [Process.Output].
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	output := &Output{}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return Watch(t, cmd, output)
}

// Watch returns the process of a command that was started otherwise, and whose output
// is written to output.
func Watch(t testing.TB, cmd *exec.Cmd, output *Output) *Process {
	return watch(t, cmd, output, func() {})
}

// WatchTerminal returns the process of a command that was started on a pseudo-terminal,
// with what the terminal shows as its output. It closes the master when the test ends.
func WatchTerminal(t testing.TB, cmd *exec.Cmd, master *os.File) *Process {
	output := &Output{}
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(output, master) }) // fails when nothing has the terminal any more
	t.Cleanup(func() { _ = master.Close() })
	return watch(t, cmd, output, reading.Wait)
}

// watch takes a process as ended once read has returned too: what a process writes last may
// be read after it has ended.
func watch(t testing.TB, cmd *exec.Cmd, output *Output, read func()) *Process {
	p := &Process{Output: output, cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // ProcessState has the result
		read()
	}()
	t.Cleanup(p.Kill)
	return p
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process like a crash. It may have ended before.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Signal sends a signal. The process may have ended before.
func (p *Process) Signal(t testing.TB, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// Wait waits until the process has ended, and returns its exit status.
func (p *Process) Wait(t testing.TB) (status int) {
	t.Helper()
	await.Receive(t, "the process ends", p.ended)
	return p.cmd.ProcessState.ExitCode()
}

// Stop ends the process like an operator. The test fails if its exit status is not 0.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	p.Signal(t, syscall.SIGTERM)
	if status := p.Wait(t); status != 0 {
		t.Errorf("the process stopped with status %d:\n%s", status, p.Output.Tail())
	}
}

// Running returns nil while the process runs, and then a [await.Final] error with its
// status and output.
func (p *Process) Running() error {
	select {
	case <-p.ended:
		return await.Final(fmt.Errorf("the process has ended (%v):\n%s", p.cmd.ProcessState, p.Output.Tail()))
	default:
		return nil
	}
}

// WaitFor waits until the process has written a text. The test fails if it ends
// without that.
func (p *Process) WaitFor(t testing.TB, text string) {
	t.Helper()
	await.OK(t, fmt.Sprintf("the process writes %q", text), func() error {
		ended := p.Running() // before the output is read: it may end just then
		if strings.Contains(p.Output.String(), text) {
			return nil
		}
		if ended != nil {
			return ended
		}
		return errors.New("not yet")
	})
}

// Output keeps what a process writes. It is safe for concurrent use.
type Output struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	return len(p), nil
}

// Bytes returns what was written so far. The caller must not change it.
func (o *Output) Bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text[:len(o.text):len(o.text)]
}

// String returns what was written so far.
func (o *Output) String() string { return string(o.Bytes()) }

// Tail returns the end of it, for messages.
func (o *Output) Tail() []byte {
	text := o.Bytes()
	return text[max(0, len(text)-2000):]
}
