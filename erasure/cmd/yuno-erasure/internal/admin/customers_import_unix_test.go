//go:build unix

package admin_test

import (
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// An import whose output nobody reads to its end, as in "2>&1 | head -1", goes on.
func TestImportOutlivesItsReader(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	creds := s.Account()
	file := clitest.WriteFile(t, "customers.jsonl", "no customer\n"+`{"id": "c1", "merchant_customer_id": "m1"}`)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := clitest.Process(t, t.TempDir(), nil, "customers", "import", "--batch", "1", "--account", creds.AccountCode,
		"--database", s.Database(), file)
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != command.ExitFailure { // not ended by a signal
		t.Errorf("the import ended with %v", err)
	}
	if found := s.OK("customers", "find", "--account", creds.AccountCode, "--merchant-id", "m1"); strings.TrimSpace(found) != "c1" {
		t.Errorf("found %q", found)
	}
}
