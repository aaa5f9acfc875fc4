package crashtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// process is a yuno-erasure that was started and may have ended.
type process struct {
	cmd   *exec.Cmd
	log   *lines        // standard output and standard error
	ended chan struct{} // closed once the process has ended; cmd.ProcessState says how
}

// startProcess starts the command. The process is killed when the test ends.
func startProcess(t testing.TB, folder string, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(testbinary.Path(t), args...), log: &lines{}, ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir = env, folder
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // ProcessState has the result
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process like a crash. It may have ended before.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop ends the process like an operator, and wants it to exit with status 0.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	await.Receive(t, "the process stops", p.ended)
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the process stopped with status %d:\n%s", code, p.log.tail())
	}
}

// running returns a final error once the process has ended.
func (p *process) running() error {
	select {
	case <-p.ended:
		return await.Final(fmt.Errorf("the process has ended (%v):\n%s", p.cmd.ProcessState, p.log.tail()))
	default:
		return nil
	}
}

// lines keeps what a process writes. It is safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// bytes returns what was written so far.
func (l *lines) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text[:len(l.text):len(l.text)]
}

// tail returns the end of it, for messages.
func (l *lines) tail() []byte {
	text := l.bytes()
	return text[max(0, len(text)-2000):]
}
