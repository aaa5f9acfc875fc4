package database_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// Only one process serves an SQLite file; everything else works beside it.
func TestSecondService(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	_, _, stop := s.Serve()
	want := "another serve or migrate has " + s.Path + " open"
	s.Fails(command.ExitFailure, want, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "")
	s.Fails(command.ExitFailure, want, "migrate")
	s.Import(creds.AccountCode, `{"id": "c1"}`)
	s.OK("accounts", "create")
	s.OK("erasures", "list")
	s.OK("keys", "rotate")
	s.OK("compact")
	if code := stop(); code != command.ExitOK {
		t.Errorf("serve ended with %d", code)
	}
	s.OK("migrate")
}

func TestSecondServiceBySymbolicLink(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	s.OK("migrate")
	s.Serve()
	other := clitest.ShellOn(t, filepath.Join(t.TempDir(), "other.db"))
	for _, suffix := range []string{"", ".key"} {
		if err := os.Symlink(s.Path+suffix, other.Path+suffix); err != nil {
			t.Skip(err)
		}
	}
	other.Fails(command.ExitFailure, "another serve or migrate has", "migrate")
}

// A service that was killed leaves no lock behind.
func TestLockAfterKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmd := clitest.Process(t, folder, nil, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serving, logged := false, ""
	for lines := bufio.NewScanner(log); !serving && lines.Scan(); {
		logged += lines.Text() + "\n"
		serving = strings.Contains(lines.Text(), "msg=serving")
	}
	if !serving {
		t.Fatalf("serve did not start:\n%s", logged)
	}
	code, _, stderr := clitest.RunProcess(t, folder, nil, "migrate")
	if code != command.ExitFailure || !strings.Contains(stderr, "another serve or migrate") {
		t.Errorf("while it serves: exit %d, stderr %q", code, stderr)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if code, _, stderr := clitest.RunProcess(t, folder, nil, "migrate"); code != command.ExitOK {
		t.Errorf("after the kill: exit %d, stderr %q", code, stderr)
	}
}
