//go:build unix

package database_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// The error names the folder that cannot be written to, and what could not be created.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	base, err := os.MkdirTemp("", "read-only-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	folder := filepath.Join(base, "folder")
	if err := os.Mkdir(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	dropPrivileges := func(*exec.Cmd) {}
	if os.Getuid() == 0 { // root may write everywhere
		dropPrivileges = asNobody(t, base, folder)
	}
	for _, subcommand := range [][]string{{"serve", "--listen", "127.0.0.1:0", "--ops-listen", ""}, {"migrate"}, {"accounts", "create"}} {
		cmd := clitest.Process(t, folder, nil, subcommand...)
		dropPrivileges(cmd)
		code, _, stderr := clitest.Finish(t, cmd)
		if code != command.ExitFailure || !strings.Contains(stderr, folder) ||
			!strings.Contains(stderr, "permission denied") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit %d, stderr %q", subcommand, code, stderr)
		}
	}
}

// asNobody gives a folder to the user nobody, and returns a function that makes a
// process run as nobody. The process runs a copy of the command in base, since only
// root may look into its own folders.
func asNobody(t *testing.T, base, folder string) func(*exec.Cmd) {
	t.Helper()
	const nobody = 65534
	program := filepath.Join(base, "program")
	// cp and not this process writes the copy: a file that is open for writing, in a
	// process that another test has just forked too, cannot be run.
	if output, err := exec.CommandContext(t.Context(), "cp", testbinary.Path(t), program).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return func(cmd *exec.Cmd) {
		cmd.Path = program
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
