package demo_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/demo"
)

func TestDemoErasesOneCustomer(t *testing.T) {
	code, stdout, stderr := clitest.Run(t.Context(), "demo")
	if code != command.ExitOK || stderr != "" {
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
		"This customer does not exist any more.",
		"The erasure is completed.",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "sandbox_") || strings.Contains(stdout, "\x1b") {
		t.Errorf("piped output contains a key or escape sequences:\n%s", stdout)
	}
}

func TestDemoLeavesNothingBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	if code, _, stderr := clitest.Run(t.Context(), "demo", "--once"); code != command.ExitOK {
		t.Fatalf("exit %d, stderr %q", code, stderr)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestDemoCleansUpWithoutReader(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	cmd := clitest.Process(t, "", []string{"TMPDIR=" + tmp}, "demo")
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
	clitest.WantEmpty(t, tmp)
}

// The service still has its database after another process has used it.
func TestDemoBesideAnotherProcess(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := demo.StartAndSearch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	cmd := clitest.Process(t, "", nil, "erasures", "list", "--database", "file:"+s.Database())
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if _, err := os.Stat(s.Database() + "-wal"); err != nil {
		t.Errorf("the other process has removed the log that this one writes to: %v", err)
	}
	if err := s.Work(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDemoPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	code, _, stderr := clitest.Run(t.Context(), "demo", "--port", port)
	if code != command.ExitFailure || !strings.Contains(stderr, "another program uses 127.0.0.1:") ||
		!strings.Contains(stderr, "--port 0") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestDemoStopsWhenInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, stderr := clitest.Run(ctx, "demo")
	if code != command.ExitInterrupted || stderr != "yuno-erasure: interrupted\n" {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// The demo finishes even if its output is not read.
func TestDemoWithoutReader(t *testing.T) {
	t.Parallel()
	if code := cli.Run(t.Context(), []string{"demo"}, strings.NewReader(""), brokenPipe{}, io.Discard); code != command.ExitOK {
		t.Errorf("exit %d", code)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestDemoOnFullDisk(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := cli.Run(t.Context(), []string{"demo"}, strings.NewReader(""), fullDisk{}, &stderr)
	if code != command.ExitFailure || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("exit %d, %s", code, &stderr)
	}
}
