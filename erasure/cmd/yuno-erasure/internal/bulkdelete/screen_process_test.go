package bulkdelete_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// listOf writes ids.txt with n ids into a new folder.
func listOf(t *testing.T, n int) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "ids.txt"), []byte(strings.Join(ids(n), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// The screen says what a run waits for, and until when, while it waits.
func TestScreenSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	creds := sandbox.New(t).Credentials()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "300")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"code":"TOO_MANY_REQUESTS","messages":[]}`)
	}))
	t.Cleanup(busy.Close)
	silent, _ := stuck(t)
	for _, c := range []struct{ name, baseURL, until, want string }{
		{"RetryAfter", busy.URL + "/v1", ", as the service asks", `waiting until \d\d:\d\d:\d\d \(\d+ (s|min)\), as the service asks`},
		{"NoResponse", silent, "each request ends after", `no response for \d+ s \(each request ends after 30 s\)`},
		{"Refused", "http://127.0.0.1:1/v1", "the run gives up waiting at", `Waiting: connection_refused \(nothing listens at .*\)\. The next try is at \d\d:\d\d:\d\d; the run gives up waiting at `},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, typed := onTerminal(t, listOf(t, 30), keysFor(creds, c.baseURL), "delete", "--file", "ids.txt", "--yes")
			p.WaitFor(t, c.until)
			if !regexp.MustCompile(c.want).Match(p.Output.Bytes()) {
				t.Errorf("got %s\nwant %s", p.Output, c.want)
			}
			typed("\x03")
			p.WaitFor(t, "Interrupted")
			typed("\x03")
			if code := p.Wait(t); code != command.ExitInterrupted {
				t.Errorf("exit status %d\n%s", code, p.Output)
			}
		})
	}
}

// In a window that is made smaller, the status stays one line.
func TestSmallerWindow(t *testing.T) {
	t.Parallel()
	baseURL, _ := stuck(t)
	cmd := clitest.Process(t, listOf(t, 30), append(keysFor(sandbox.New(t).Credentials(), baseURL), "TERM=xterm", "NO_COLOR=1"),
		"delete", "--file", "ids.txt", "--yes")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	p := testbinary.WatchTerminal(t, cmd, terminal)
	p.WaitFor(t, "no response for ")
	if err := pty.Setsize(terminal, &pty.Winsize{Rows: 24, Cols: 30}); err != nil {
		t.Fatal(err)
	}
	const drawing = "\r"
	at := len(p.Output.String())
	await.True(t, "drawings in the smaller window", func() bool { return strings.Count(p.Output.String()[at:], drawing) > 10 })
	drawings := strings.Split(p.Output.String()[at:], drawing)
	for _, line := range drawings[3 : len(drawings)-1] { // the first may be of the larger window
		if text := strings.TrimSuffix(line, "\x1b[K"); len(text) > 29 || strings.Contains(text, "\n") {
			t.Errorf("drew %q", line)
		}
	}
	p.Kill()
}

// Without a terminal, or on a dumb one, there are whole lines and no escape sequences.
func TestPlainScreen(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t, sandbox.WithCustomers(ids(50)...))
	env := append(keysOf(sb), "TERM=dumb")
	cmd := clitest.Process(t, listOf(t, 50), env, "delete", "--file", "ids.txt", "--yes")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	p := testbinary.WatchTerminal(t, cmd, terminal)
	if code := p.Wait(t); code != command.ExitOK {
		t.Errorf("exit status %d", code)
	}
	if !strings.Contains(p.Output.String(), "50 accepted") {
		t.Errorf("no summary: %q", p.Output)
	}
	if strings.ContainsAny(p.Output.String(), "\x1b") || strings.Contains(strings.ReplaceAll(p.Output.String(), "\r\n", ""), "\r") {
		t.Errorf("drew %q", p.Output)
	}
}
