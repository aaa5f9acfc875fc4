package crashtest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// atOnce is how many tests run at once, each with a service of its own. They wait far
// more than they compute.
const atOnce = 8

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(pgtest.Main(m))
}

// long reports whether the long form of the tests runs.
func long() bool { return os.Getenv("CRASH") == "long" }

// command returns the command for the system's database.
func (s *system) command(ctx context.Context, args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.CommandContext(ctx, testbinary.Path(s.t), args...)
	cmd.Env, cmd.Dir = s.environment(), s.folder
	return cmd
}

// result is how a command ended, and what it printed.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a subcommand on the system's database until it ends.
func (s *system) run(args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), await.Patience)
	defer cancel()
	cmd := s.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		s.t.Fatalf("%s: still running after %v:\n%s", args[0], await.Patience, &stderr)
	}
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		s.t.Fatal(err)
	}
	s.printed.note(args, stdout.Bytes(), stderr.Bytes())
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustRun runs a subcommand that has to succeed, and returns its standard output.
func (s *system) mustRun(args ...string) string {
	s.t.Helper()
	r := s.run(args...)
	if r.code != 0 {
		s.t.Fatalf("%v: exit status %d: %s", args, r.code, r.stderr)
	}
	return r.stdout
}

// wantRefusal checks that a command failed with one line that contains want.
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
