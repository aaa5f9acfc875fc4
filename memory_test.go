package yunocustomers_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// inMemory runs a command of the shell with scripts/in-memory.sh, and returns its output
// without what the script says itself.
func inMemory(t *testing.T, tmp, command string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "scripts/in-memory.sh", "bash", "-c", command)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	out, err := cmd.CombinedOutput()
	output = string(out)
	if strings.HasPrefix(output, "== temporary files are in memory") {
		_, output, _ = strings.Cut(output, "\n")
	}
	return strings.TrimSpace(output), err
}

func TestTemporaryFilesInMemory(t *testing.T) {
	t.Parallel()

	t.Run("GoWithTheCommand", func(t *testing.T) {
		t.Parallel()
		tmp, err := inMemory(t, "", `echo ${TMPDIR:-none}; [ -z "${TMPDIR:-}" ] || touch "$TMPDIR/left"`)
		if err != nil {
			t.Fatalf("%v: %s", err, tmp)
		}
		if _, err := os.Stat(tmp); tmp != "none" && err == nil {
			t.Errorf("%s is left", tmp)
		}
	})

	t.Run("StatusIsTheCommands", func(t *testing.T) {
		t.Parallel()
		if output, err := inMemory(t, "", "echo wrong; exit 7"); err == nil || err.Error() != "exit status 7" || output != "wrong" {
			t.Errorf("got %v: %s", err, output)
		}
	})

	t.Run("FolderOfTheUserStays", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		if output, err := inMemory(t, folder, "echo $TMPDIR"); err != nil || output != folder {
			t.Errorf("got %v: %s, want %s", err, output, folder)
		}
	})
}
