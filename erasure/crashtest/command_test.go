package crashtest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait far more than they compute.
	if err := flag.Set("test.parallel", "12"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(pgtest.Main(m))
}

// long is the long form of the tests.
func long() bool { return os.Getenv("CRASH") == "long" }

// result is what a command that has ended came to.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a subcommand of the binary on the system's database to its end.
func (s *system) run(args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, testbinary.Path(s.t), args...)
	cmd.Env = s.environment()
	cmd.Dir = s.folder
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	if ctx.Err() != nil {
		s.t.Fatalf("%s: still running after a minute", strings.Join(args[:1], " "))
	}
	s.printed.note(args, stdout.Bytes(), stderr.Bytes())
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustRun is run for what has to succeed. It returns the standard output.
func (s *system) mustRun(args ...string) string {
	s.t.Helper()
	r := s.run(args...)
	if r.code != 0 {
		s.t.Fatalf("%v: exit status %d: %s", args, r.code, r.stderr)
	}
	return r.stdout
}

// wantRefusal checks that a command fails with one line, which says this.
func (s *system) wantRefusal(r result, want string) {
	s.t.Helper()
	line := strings.TrimSuffix(r.stderr, "\n")
	if r.code != 1 || !strings.Contains(line, want) || strings.Contains(line, "\n") || !strings.HasPrefix(line, "yuno-erasure: ") {
		s.t.Errorf("exit status %d, stderr:\n%s\nwant status 1 and one line with %q", r.code, r.stderr, want)
	}
}

// printed keeps what commands printed. It is safe for concurrent use.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) note(args []string, outputs ...[]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(&p.text, "$ %s\n", strings.Join(args, " "))
	for _, output := range outputs {
		p.text.Write(output)
	}
}
