//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A folder that nobody may write to is named, and so is what could not be made.
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
	lower := func(*exec.Cmd) {}
	if os.Getuid() == 0 { // who may write everywhere
		lower = asNobody(t, base, folder)
	}
	for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0", "--ops-listen", ""}, {"migrate"}, {"accounts", "create"}} {
		cmd := process(t, folder, nil, command...)
		lower(cmd)
		code, _, stderr := finish(t, cmd)
		if code != exitFailure || !strings.Contains(stderr, folder) || !strings.Contains(stderr, "permission denied") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit %d, stderr %q", command, code, stderr)
		}
	}
}

// asNobody makes a folder nobody's, and returns what makes a command run as nobody:
// by another name of this program, since the first is where only root may look.
func asNobody(t *testing.T, base, folder string) func(*exec.Cmd) {
	t.Helper()
	const nobody = 65534
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A link, not a copy: a file that was just written cannot be run while another
	// test forks.
	linked := filepath.Join(base, "program")
	if err := os.Link(program, linked); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return func(cmd *exec.Cmd) {
		cmd.Path = linked
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
