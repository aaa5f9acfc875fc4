package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func runCommand(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestDemo(t *testing.T) {

	t.Run("ErasesOneCustomer", func(t *testing.T) {
		code, stdout, stderr := runCommand(t.Context(), "demo")
		if code != exitOK || stderr != "" {
			t.Fatalf("exit %d, stderr %q", code, stderr)
		}
		for _, want := range []string{
			"1. Erase the customer whose e-mail address is customer.one@example.com",
			"< 202 Accepted",
			"stripe       pending, HTTP status 503, http_503",
			"stripe       pending, connection_failed",
			"stripe       already_gone, HTTP status 404",
			"mollie       succeeded, HTTP status 204",
			"old-gateway  action_required, ask_by_hand",
			"The erasure is attention_required.",
			"yuno-erasure.db ",
			`< {"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}`,
			"There is no such customer any more.",
			"The erasure is completed.",
		} {
			if !strings.Contains(stdout, want) {
				t.Errorf("%q is not there:\n%s", want, stdout)
			}
		}
		if strings.Contains(stdout, "sandbox_") || strings.Contains(stdout, "\x1b") {
			t.Errorf("piped output holds a key or escape sequences:\n%s", stdout)
		}
	})

	t.Run("LeavesNothingBehind", func(t *testing.T) {
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		if code, _, stderr := runCommand(t.Context(), "demo", "--once"); code != exitOK {
			t.Fatalf("exit %d, stderr %q", code, stderr)
		}
		left, err := os.ReadDir(tmp)
		if err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
	})

	t.Run("CleansUpWhenNobodyReadsOn", func(t *testing.T) {
		t.Parallel()
		tmp := t.TempDir()
		cmd := process(t, "", []string{"TMPDIR=" + tmp}, "demo")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		wantEmpty(t, tmp)
	})

	t.Run("SaysThatThePortIsTaken", func(t *testing.T) {
		t.Parallel()
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
		code, _, stderr := runCommand(t.Context(), "demo", "--port", port)
		if code != exitFailure || !strings.Contains(stderr, "address already in use") || !strings.Contains(stderr, "--port 0") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("exit %d, stderr %q", code, stderr)
		}
	})

	t.Run("StopsWhenInterrupted", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		code, _, stderr := runCommand(ctx, "demo")
		if code != exitInterrupted || stderr != "yuno-erasure: interrupted\n" {
			t.Errorf("exit %d, stderr %q", code, stderr)
		}
	})
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"NoCommand", nil, exitUsage, `expected one of "delete"`},
		{"UnknownCommand", []string{"erase"}, exitUsage, "unexpected argument erase"},
		{"UnknownFlag", []string{"demo", "--fast"}, exitUsage, "unknown flag --fast"},
		{"PortThatIsNoNumber", []string{"demo", "--port", "http"}, exitUsage, "--port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := runCommand(t.Context(), c.args...)
			if code != c.code || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "Try: ") {
				t.Errorf("exit %d, stderr %q", code, stderr)
			}
		})
	}
	t.Run("Help", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := runCommand(t.Context(), "--help")
		if code != exitOK || !strings.Contains(stdout, "demo") || stderr != "" {
			t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
		}
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// Output that goes nowhere must not stop the deletes: nothing of the demo
// depends on being read.
func TestDemoWithoutReader(t *testing.T) {
	t.Parallel()
	if code := run(t.Context(), []string{"demo"}, strings.NewReader(""), brokenPipe{}, io.Discard); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestDemoThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"demo"}, strings.NewReader(""), fullDisk{}, &stderr)
	if code != exitFailure || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("exit %d, %s", code, &stderr)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for shell, want := range map[string]string{"bash": "complete -o default", "zsh": "bashcompinit", "fish": "complete -f -c"} {
		code, stdout, stderr := runCommand(t.Context(), "completion", "-c", shell)
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit %d\n%s%s", shell, code, stdout, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	code, stdout, _ := runCommand(t.Context(), "version")
	if code != exitOK || !strings.HasPrefix(stdout, "yuno-erasure ") || !strings.Contains(stdout, " go1.") {
		t.Errorf("exit %d, %q", code, stdout)
	}
	code, stdout, _ = runCommand(t.Context(), "version", "--json")
	var got map[string]string
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK || got["version"] == "" || got["go"] != runtime.Version() {
		t.Errorf("--json: exit %d, %v, %q", code, err, stdout)
	}
}
