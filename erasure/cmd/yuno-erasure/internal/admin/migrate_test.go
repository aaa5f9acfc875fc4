package admin_test

import (
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// Other subcommands work on a database that migrate has created.
func TestMigrateCreatesADatabase(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	code, stdout, stderr := s.Run("migrate")
	if code != command.ExitOK || stdout != "The schema is up to date.\n" ||
		!strings.Contains(stderr, "created the master key") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	s.Account()
	if code, _, stderr := s.Run("migrate"); code != command.ExitOK || stderr != "" {
		t.Errorf("again: exit %d, stderr %q", code, stderr)
	}
}
