//go:build unix

package bulkdelete_test

import (
	"cmp"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// slowYuno accepts everything, but the 50th request and those after it only once they are
// let through.
type slowYuno struct {
	*httptest.Server
	through  chan struct{}
	requests atomic.Int64
}

func startSlowYuno(t *testing.T) *slowYuno {
	s := &slowYuno{through: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.requests.Add(1) >= 50 {
			select {
			case <-s.through:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(s.Close)
	return s
}

// awaitStuck waits until the process has sent the request that is not let through.
func (s *slowYuno) awaitStuck(t *testing.T, p *testbinary.Process) {
	t.Helper()
	await.OK(t, "the 50th request arrives", func() error {
		if s.requests.Load() < 50 {
			return cmp.Or(p.Running(), errors.New("not yet"))
		}
		return nil
	})
}

func (s *slowYuno) keys(t *testing.T) []string {
	return keysFor(sandbox.New(t).Credentials(), s.URL+"/v1")
}

var deletion = []string{"delete", "--file", "ids.txt", "--yes", "--report", "report.csv"}

// wantOrder fails the test unless a run ended in order: journal and report are written,
// nothing else is left, and the command that continues continues.
func wantOrder(t *testing.T, folder string, env []string) {
	t.Helper()
	wantFiles(t, folder, "ids.txt", "ids.txt.journal", "report.csv")
	report, err := os.ReadFile(filepath.Join(folder, "report.csv"))
	if n := strings.Count(string(report), ",accepted,"); err != nil || n < 50 || n > 100 {
		t.Errorf("%d accepted in the report, %v", n, err)
	}
	code, stdout, stderr := clitest.RunProcess(t, folder, env, append(deletion, "--resume")...)
	if code != command.ExitOK || !strings.Contains(stdout, "300 accepted, 0 not found, 0 maybe deleted") {
		t.Errorf("resumed: exit status %d\n%s%s", code, stdout, stderr)
	}
}

// Every signal to end lets requests in flight finish, and writes the report. A closed
// terminal may be reported twice.
func TestSignals(t *testing.T) {
	t.Parallel()
	hearHangUps()
	for name, signals := range map[string][]os.Signal{
		"Interrupt": {os.Interrupt}, "Terminate": {syscall.SIGTERM}, "HangUp": {syscall.SIGHUP}, "HangUpTwice": {syscall.SIGHUP, syscall.SIGHUP},
		"InterruptAndHangUp": {os.Interrupt, syscall.SIGHUP},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			yuno, folder := startSlowYuno(t), listFolder(t, 300)
			env := yuno.keys(t)
			p := testbinary.Start(t, clitest.Process(t, folder, env, deletion...))
			yuno.awaitStuck(t, p)
			for _, s := range signals {
				p.Signal(t, s)
				p.WaitFor(t, "requests in flight finish first")
			}
			close(yuno.through)
			if code := p.Wait(t); code != command.ExitInterrupted ||
				!strings.Contains(p.Output.String(), "Written: journal ids.txt.journal, report report.csv.\n") ||
				!strings.Contains(p.Output.String(), "\nContinue with: yuno-erasure delete --file ids.txt --yes --report report.csv --resume\n") {
				t.Errorf("exit status %d\n%s", code, p.Output)
			}
			wantOrder(t, folder, env)
		})
	}
}

// hearHangUps makes the processes that a test starts hear SIGHUP although the test does
// not, as under nohup: they inherit that a signal is ignored, and not that it is handled.
func hearHangUps() {
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
}

// nohup keeps a run from ending with its terminal.
func TestNohup(t *testing.T) {
	t.Parallel()
	yuno, folder := startSlowYuno(t), listFolder(t, 300)
	cmd := clitest.Process(t, folder, yuno.keys(t), deletion...)
	shell(cmd, `trap "" HUP; exec "$0" "$@"`)
	p := testbinary.Start(t, cmd)
	yuno.awaitStuck(t, p)
	p.Signal(t, syscall.SIGHUP)
	close(yuno.through)
	if code := p.Wait(t); code != command.ExitOK || !strings.Contains(p.Output.String(), "300 accepted") {
		t.Errorf("exit status %d\n%s", code, p.Output)
	}
}

// A terminal that is closed ends the run in order, though nothing can be written to it.
func TestClosedTerminal(t *testing.T) {
	t.Parallel()
	hearHangUps()
	yuno, folder := startSlowYuno(t), listFolder(t, 300)
	env := yuno.keys(t)
	cmd := clitest.Process(t, folder, append(env, "TERM=xterm"), deletion...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	p := testbinary.Watch(t, cmd, &testbinary.Output{})
	yuno.awaitStuck(t, p)
	if err := terminal.Close(); err != nil {
		t.Error(err)
	}
	awaitInterrupted(t, yuno, folder, p)
	if code := p.Wait(t); code != command.ExitInterrupted {
		t.Errorf("exit status %d", code)
	}
	wantOrder(t, folder, env)
}

// awaitInterrupted lets one request through after the other until the process sends no
// further ones, and then the rest. Only its journal tells if its output is lost.
func awaitInterrupted(t *testing.T, yuno *slowYuno, folder string, p *testbinary.Process) {
	t.Helper()
	await.OK(t, "the run takes back what it has not sent", func() error {
		journal, err := os.ReadFile(filepath.Join(folder, "ids.txt.journal"))
		if err == nil && strings.Contains(string(journal), `"event":"not_sent"`) {
			return nil
		}
		select {
		case yuno.through <- struct{}{}:
		default:
		}
		return cmp.Or(p.Running(), errors.New("not yet"))
	})
	close(yuno.through)
}

// shell makes a command the arguments of a script.
func shell(cmd *exec.Cmd, script string) {
	cmd.Args = append([]string{"sh", "-c", script}, cmd.Args...)
	cmd.Path = "/bin/sh"
}

// Ctrl-C goes to the whole pipeline. A run whose output goes to tee ends as without it.
func TestTeeAndInterrupt(t *testing.T) {
	t.Parallel()
	yuno, folder := startSlowYuno(t), listFolder(t, 300)
	env := yuno.keys(t)
	log := filepath.Join(t.TempDir(), "log")
	status := filepath.Join(filepath.Dir(log), "status")
	cmd := clitest.Process(t, folder, append(env, "TERM=xterm", "LOG="+log, "STATUS="+status), deletion...)
	// The shells have to outlive Ctrl-C, to tell the exit status.
	shell(cmd, `trap : INT; { trap : INT; "$0" "$@"; echo $? >"$STATUS"; } 2>&1 | tee "$LOG"; while ! [ -s "$STATUS" ]; do sleep 0.1; done`)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	defer terminal.Close()
	p := testbinary.Watch(t, cmd, &testbinary.Output{})
	yuno.awaitStuck(t, p)
	if _, err := terminal.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	awaitInterrupted(t, yuno, folder, p)
	p.Wait(t)
	if code, err := os.ReadFile(status); err != nil || string(code) != "130\n" {
		t.Errorf("exit status %q, %v", code, err)
	}
	wantOrder(t, folder, env)
}

// A reader that ends early costs nothing, whatever it reads.
func TestReaderThatEndsEarly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		args   []string
		kept   []string // files
	}{
		// The reader ends first: head -1 may be given ten lines before it has read one.
		"Outcomes": {`{ until [ -e gone ]; do sleep 0.01; done; "$0" "$@"; echo $? >status; } | { exec <&-; : >gone; }`, append([]string{"delete"}, ids(10)...), nil},
		"All":      {`{ until [ -e gone ]; do sleep 0.01; done; "$0" "$@" 2>&1; echo $? >status; } | { exec <&-; : >gone; }`, append([]string{"delete"}, ids(10)...), nil},
		"File":     {`{ "$0" "$@"; echo $? >status; } 2>&1 | head -1`, append(deletion, "--json"), []string{"ids.txt.journal", "report.csv"}},
		"DryRun":   {`{ "$0" "$@"; echo $? >status; } | true`, append(deletion, "--dry-run"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := listFolder(t, 300)
			sb := sandbox.New(t, sandbox.WithCustomers(ids(300)...))
			cmd := clitest.Process(t, folder, keysOf(sb), c.args...)
			shell(cmd, c.script)
			_, stdout, _ := clitest.Finish(t, cmd)
			status, err := os.ReadFile(filepath.Join(folder, "status"))
			if err != nil || string(status) != "0\n" {
				t.Errorf("exit status %q, %v", status, err)
			}
			want := map[string]int{"Outcomes": 290, "All": 290, "File": 0, "DryRun": 300}[name]
			if remaining(sb) != want {
				t.Errorf("%d remain, want %d\n%s", remaining(sb), want, stdout)
			}
			if name == "Outcomes" || name == "All" { // nobody has seen all outcomes
				if kept, _ := filepath.Glob(filepath.Join(folder, "yuno-erasure-*.journal")); len(kept) != 1 {
					t.Errorf("kept %q", kept)
				}
				return
			}
			wantFiles(t, folder, append(append([]string{"ids.txt"}, c.kept...), "status")...)
		})
	}
}
