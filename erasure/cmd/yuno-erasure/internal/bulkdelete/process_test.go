package bulkdelete_test

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
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
func stuck(t *testing.T) (baseURL string, requests <-chan struct{}) {
	t.Helper()
	arrived, end := make(chan struct{}, 1000), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(end); server.Close() })
	return server.URL + "/v1", arrived
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
			baseURL, requests := stuck(t)
			dir, tmp := t.TempDir(), t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte("c0\nc1\nc2\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := clitest.Process(t, dir, append(keysFor(creds, baseURL), "TMPDIR="+tmp), append([]string{"delete", "--concurrency", "1"}, c.args...)...)
			p := testbinary.Start(t, cmd)
			await.OK(t, "the first request arrives", func() error {
				if len(requests) == 0 {
					return cmp.Or(p.Running(), errors.New("not yet"))
				}
				return nil
			})
			p.Signal(t, os.Interrupt)
			p.WaitFor(t, "Ctrl-C again aborts them")
			p.Signal(t, os.Interrupt)
			if code := p.Wait(t); code != command.ExitInterrupted ||
				!strings.Contains(p.Output.String(), "1 may have been erased") {
				t.Errorf("exit status %d\n%s", code, p.Output)
			}
			for _, folder := range []string{dir, tmp} {
				left, err := os.ReadDir(folder)
				if err != nil {
					t.Fatal(err)
				}
				for _, entry := range left {
					if entry.Name() != "ids.txt" && filepath.Ext(entry.Name()) != ".journal" {
						t.Errorf("left %s", entry.Name())
					}
				}
			}
		})
	}
}

// onTerminal starts the command on a terminal. Its output is what the terminal shows;
// typed types.
func onTerminal(t *testing.T, dir string, env []string, args ...string) (p *testbinary.Process, typed func(string)) {
	t.Helper()
	cmd := clitest.Process(t, dir, append(env, "TERM=xterm"), args...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	return testbinary.WatchTerminal(t, cmd, terminal), func(text string) {
		if _, err := terminal.WriteString(text); err != nil {
			t.Error(err)
		}
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, args ...string) (*sandbox.Sandbox, string, *testbinary.Process, func(string)) {
		sb := sandbox.New(t, sandbox.WithCustomers(ids(500)...))
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte(strings.Join(ids(500), "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		p, typed := onTerminal(t, dir, keysOf(sb), append([]string{"delete", "--file", "ids.txt", "--report", "report.csv"}, args...)...)
		return sb, dir, p, typed
	}
	const prompt = "Type the number of customers to continue: "

	t.Run("Confirmed", func(t *testing.T) {
		t.Parallel()
		sb, _, p, typed := start(t, "--rate", "1000")
		p.WaitFor(t, prompt)
		if !strings.Contains(p.Output.String(), "Erasing 500 customers of account "+sb.Credentials().AccountCode) ||
			!strings.Contains(p.Output.String(), "The list begins with c0 and c1.") {
			t.Errorf("does not say what it asks for:\n%s", p.Output)
		}
		typed("500\r")
		if code := p.Wait(t); code != command.ExitOK || remaining(sb) != 0 {
			t.Errorf("exit status %d, %d remain\n%s", code, remaining(sb), p.Output)
		}
		for _, want := range []string{"/500", "ids/s", "0 failed", "500 accepted, 0 not found"} {
			await.True(t, want, func() bool { return strings.Contains(p.Output.String(), want) })
		}
	})

	t.Run("NotConfirmed", func(t *testing.T) {
		t.Parallel()
		for _, typing := range []string{"y\r", "50\r", "\r", "\x04"} {
			sb, dir, p, typed := start(t)
			p.WaitFor(t, prompt)
			typed(typing)
			if code := p.Wait(t); code != command.ExitFailure || remaining(sb) != 500 {
				t.Errorf("%q: exit status %d, %d remain\n%s", typing, code, remaining(sb), p.Output)
			}
			if _, err := os.Stat(filepath.Join(dir, "ids.txt.journal")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q: left a journal, but nothing was run", typing)
			}
		}
	})

	t.Run("InterruptedAtThePrompt", func(t *testing.T) {
		t.Parallel()
		sb, dir, p, typed := start(t)
		p.WaitFor(t, prompt)
		typed("\x03")
		if code := p.Wait(t); code != command.ExitInterrupted || remaining(sb) != 500 {
			t.Errorf("exit status %d, %d remain\n%s", code, remaining(sb), p.Output)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("left %v, %v", entries, err)
		}
	})
}
