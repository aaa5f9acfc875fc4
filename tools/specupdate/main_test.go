package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets a test run the program as a separate process, to send it signals.
func TestMain(m *testing.M) {
	if os.Getenv("SPECUPDATE_MAIN") != "" {
		main()
	}
	dir, err := os.MkdirTemp("", "specupdate-test")
	if err != nil {
		panic(err)
	}
	pinnedDir = filepath.Join(dir, "root")
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func specupdate(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"diff", "--help"}, {"update", "--help"}} {
		code, stdout, stderr := specupdate(t, args...)
		if code != exitOK || !strings.Contains(stdout, "Usage: specupdate") || stderr != "" {
			t.Errorf("%v: exit %d\n%s%s", args, code, stdout, stderr)
		}
	}
}

func TestUsageErrorsPointToHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"diff"}, {"update", "a.md"}, {"diff", "a.md", "--format", "html"}, {"nothing"}} {
		code, stdout, stderr := specupdate(t, args...)
		expectRefusal(t, code, stdout, stderr, "specupdate --help lists commands and flags")
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	misfit := []edit{{"name: x-account-code", "name: account-code"}} // an overlay no longer applies

	// A refused update still has a report.
	t.Run("RefusalIsTheLastLine", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := specupdate(t, "diff", mutate(t, misfit), "--root", pinnedRoot(t))
		if code != exitOK || stderr != "" {
			t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
		}
		lines := strings.Split(strings.TrimSpace(stdout), "\n")
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, "An update would be refused: openapi/overlay.yaml:") {
			t.Errorf("last line %q", last)
		}
	})

	t.Run("FormatIsTaken", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := specupdate(t, "diff", mutate(t, misfit), "--root", pinnedRoot(t), "--format", "json")
		if code != exitOK || !strings.HasPrefix(stdout, "{\n  \"breaking\": true") {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
	})

	// diff never changes a file, so its messages do not say so.
	t.Run("ErrorsNameTheFile", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := specupdate(t, "diff", writeTemp(t, "a.yaml", "openapi: 3.1.0\n"), "--root", pinnedRoot(t))
		expectRefusal(t, code, stdout, stderr, "a.yaml: has no paths")
		if strings.Contains(stderr, "refused") {
			t.Errorf("stderr %q", stderr)
		}
	})

	t.Run("WrongRoot", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := specupdate(t, "diff", mutate(t, nil), "--root", t.TempDir())
		expectRefusal(t, code, stdout, stderr, "run this at the root of a checkout, or set --root")
	})

	t.Run("NamesAreMadePrintable", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := specupdate(t, "diff", "no\x1b[2Jsuch\n.md", "--root", pinnedRoot(t))
		expectRefusal(t, code, stdout, stderr, `no\x1b[2Jsuch\n.md`)
	})
}

// A file that could not be restored must not be called unchanged.
func TestFailedRestoreIsReported(t *testing.T) {
	t.Parallel()
	done := false
	err := putBack(os.ErrInvalid, []func() error{
		func() error { return os.ErrPermission },
		func() error { done = true; return nil },
	})
	if !done {
		t.Error("the next file was not put back")
	}
	var stderr bytes.Buffer
	code := finish(&stderr, err, true)
	if code != exitRefused || !strings.Contains(stderr.String(), "some files stay changed") || strings.Contains(stderr.String(), "nothing changed") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
}

func TestParseDay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC)
	for day, ok := range map[string]bool{"2026-11-24": true, "2026-11-25": true, "2026-11-26": false, "2026-1-1": false, "": false} {
		if _, err := parseDay(day, now); (err == nil) != ok {
			t.Errorf("%s: %v", day, err)
		}
	}
}

// endless is a generator that opens a pipe and keeps it open.
const endless = `package main

import (
	"os"
	"time"
)

func main() {
	pipe, err := os.OpenFile(%q, os.O_WRONLY, 0)
	if err != nil {
		os.Exit(1)
	}
	time.Sleep(time.Hour)
	pipe.Close()
}
`

// The first signal ends the program and its child processes, and no file is left.
func TestSignals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(fmt.Sprint(signal), func(t *testing.T) {
			t.Parallel()
			root, tmp := checkout(t), t.TempDir()
			// A generator that opens the pipe when it runs, and never ends.
			started := filepath.Join(t.TempDir(), "started")
			if err := exec.CommandContext(t.Context(), "mkfifo", started).Run(); err != nil {
				t.Skipf("mkfifo: %v", err)
			}
			mustWrite(t, filepath.Join(root, "tools/overlay/main.go"), fmt.Sprintf(endless, started))
			if err := os.Remove(filepath.Join(root, "tools/overlay/merge.go")); err != nil { // uses what main.go had
				t.Fatal(err)
			}

			var stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), os.Args[0], "update", mutate(t, nil), "--root", root, "--date", "2026-09-01")
			cmd.Env = append(os.Environ(), "SPECUPDATE_MAIN=1", "TMPDIR="+tmp, "GENERATORS=")
			cmd.Stderr = &stderr
			before := snapshot(t, root)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			pipe, err := os.Open(started) // returns when the generator opens it
			if err != nil {
				t.Fatal(err)
			}
			defer pipe.Close()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			if cmd.ProcessState.ExitCode() != exitRefused || !strings.Contains(stderr.String(), "refused, nothing changed: interrupted") {
				t.Errorf("%v: %s", err, stderr.String())
			}
			if err := pipe.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(pipe); err != nil { // ends when no process has the other end open
				t.Errorf("the generator still runs: %v", err)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
			if got := changed(before, snapshot(t, root)); len(got) > 0 {
				t.Errorf("changed %q", got)
			}
		})
	}
}
