package bulkdelete_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// keysOf returns the environment that points a process at a sandbox.
func keysOf(sb *sandbox.Sandbox) []string { return keysFor(sb.Credentials(), sb.URL()) }

func keysFor(creds sandbox.Credentials, baseURL string) []string {
	return []string{
		client.EnvAccountCode + "=" + creds.AccountCode, client.EnvPublicAPIKey + "=" + creds.PublicAPIKey,
		client.EnvPrivateSecretKey + "=" + creds.PrivateSecretKey, client.EnvAPIEndpoint + "=" + baseURL,
	}
}

// Output that cannot be printed is a failure, whatever the outcome.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close()
	sb := sandbox.New(t, sandbox.WithCustomers(ids(10)...))
	bad := clitest.WriteFile(t, "ids.txt", "c3\n../x\n")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"printing the dry run", []string{"c0", "--dry-run"}},
		{"printing the dry run", []string{"c0", "--dry-run", "--json"}},
		{"printing the summary", []string{"c1", "--json"}},
		{"printing the outcomes", []string{"c2"}},
		// The same for runs that have an exit status of their own.
		{"1 not found", []string{"nobody"}},
		{"1 not found", []string{"nobody", "--json"}},
		{"1 invalid", []string{"--file", bad}},
	} {
		cmd := clitest.Process(t, t.TempDir(), keysOf(sb), append([]string{"delete"}, c.args...)...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != command.ExitFailure ||
			!strings.Contains(errs.String(), c.want) {
			t.Errorf("%v: exit status %d, %s", c.args, code, &errs)
		}
	}
}

// stuck starts a server that does not respond until the test ends.
func stuck(t *testing.T) (baseURL string, asked <-chan struct{}) {
	t.Helper()
	requests, end := make(chan struct{}, 1000), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- struct{}{}
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(end); server.Close() })
	return server.URL + "/v1", requests
}

func signalTo(t *testing.T, cmd *exec.Cmd, sig os.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// exitOf waits for a process to end, and kills it if that takes long.
func exitOf(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// The first Ctrl-C waits for requests in flight, the second aborts them. The only file
// with ids that remains is the journal, which tells the next run what may have been
// erased.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	creds := sandbox.New(t).Credentials()
	for _, c := range []struct {
		name string
		args []string
	}{
		{"File", []string{"--file", "ids.txt", "--report", "report.csv"}},
		{"CommandLine", []string{"c0", "c1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			baseURL, asked := stuck(t)
			dir, tmp := t.TempDir(), t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte("c0\nc1\nc2\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := clitest.Process(t, dir, append(keysFor(creds, baseURL), "TMPDIR="+tmp), append([]string{"delete", "--concurrency", "1"}, c.args...)...)
			var errs syncBuffer
			cmd.Stdout, cmd.Stderr = &errs, &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			signalTo(t, cmd, os.Interrupt)
			clitest.Eventually(t, "the first signal noticed", func() bool { return strings.Contains(errs.String(), "Ctrl-C again aborts them") })
			signalTo(t, cmd, os.Interrupt)
			if code := exitOf(t, cmd); code != command.ExitInterrupted ||
				!strings.Contains(errs.String(), "1 may have been erased") {
				t.Errorf("exit status %d\n%s", code, &errs)
			}
			for _, folder := range []string{dir, tmp} {
				left, err := os.ReadDir(folder)
				if err != nil {
					t.Fatal(err)
				}
				for _, entry := range left {
					if entry.Name() != "ids.txt" && entry.Name() != "ids.txt.journal" {
						t.Errorf("left %s", entry.Name())
					}
				}
			}
		})
	}
}

// onTerminal starts the command on a terminal. It returns what the terminal shows, and a
// function that types.
func onTerminal(t *testing.T, dir string, env []string, args ...string) (cmd *exec.Cmd, shown *syncBuffer, typed func(string)) {
	t.Helper()
	cmd = clitest.Process(t, dir, append(env, "TERM=xterm"), args...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	shown = &syncBuffer{}
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = shown.ReadFrom(terminal) })
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = terminal.Close()
		reading.Wait()
	})
	return cmd, shown, func(text string) {
		if _, err := terminal.WriteString(text); err != nil {
			t.Error(err)
		}
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, args ...string) (*sandbox.Sandbox, string, *exec.Cmd, *syncBuffer, func(string)) {
		sb := sandbox.New(t, sandbox.WithCustomers(ids(500)...))
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte(strings.Join(ids(500), "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd, shown, typed := onTerminal(t, dir, keysOf(sb), append([]string{"delete", "--file", "ids.txt", "--report", "report.csv"}, args...)...)
		return sb, dir, cmd, shown, typed
	}
	prompt := func(t *testing.T, shown *syncBuffer) {
		t.Helper()
		clitest.Eventually(t, "the question", func() bool { return strings.Contains(shown.String(), "Type the number of customers to continue: ") })
	}

	t.Run("Confirmed", func(t *testing.T) {
		t.Parallel()
		sb, _, cmd, shown, typed := start(t, "--rate", "1000")
		prompt(t, shown)
		if !strings.Contains(shown.String(), "Erasing 500 customers of account "+sb.Credentials().AccountCode) ||
			!strings.Contains(shown.String(), "The list begins with c0 and c1.") {
			t.Errorf("does not say what it asks for:\n%s", shown)
		}
		typed("500\r")
		if code := exitOf(t, cmd); code != command.ExitOK || remaining(sb) != 0 {
			t.Errorf("exit status %d, %d remain\n%s", code, remaining(sb), shown)
		}
		for _, want := range []string{"/500", "ids/s", "0 failed", "500 accepted, 0 not found"} {
			clitest.Eventually(t, want, func() bool { return strings.Contains(shown.String(), want) })
		}
	})

	t.Run("NotConfirmed", func(t *testing.T) {
		t.Parallel()
		for _, typing := range []string{"y\r", "50\r", "\r", "\x04"} {
			sb, dir, cmd, shown, typed := start(t)
			prompt(t, shown)
			typed(typing)
			if code := exitOf(t, cmd); code != command.ExitFailure || remaining(sb) != 500 {
				t.Errorf("%q: exit status %d, %d remain\n%s", typing, code, remaining(sb), shown)
			}
			if _, err := os.Stat(filepath.Join(dir, "ids.txt.journal")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q: left a journal, but nothing was run", typing)
			}
		}
	})

	t.Run("InterruptedAtThePrompt", func(t *testing.T) {
		t.Parallel()
		sb, dir, cmd, shown, typed := start(t)
		prompt(t, shown)
		typed("\x03")
		if code := exitOf(t, cmd); code != command.ExitInterrupted || remaining(sb) != 500 {
			t.Errorf("exit status %d, %d remain\n%s", code, remaining(sb), shown)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("left %v, %v", entries, err)
		}
	})
}

// syncBuffer is a buffer for concurrent use.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// ReadFrom reads a terminal until it ends, which it reports as an error.
func (s *syncBuffer) ReadFrom(terminal *os.File) (n int64, err error) {
	buf := make([]byte, 4096)
	for {
		k, err := terminal.Read(buf)
		_, _ = s.Write(buf[:k])
		if n += int64(k); err != nil {
			return n, err
		}
	}
}
