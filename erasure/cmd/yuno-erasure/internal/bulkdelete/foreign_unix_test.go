//go:build unix

package bulkdelete_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// Somebody who may write into the folder of a list can put a journal or a record of look-ups
// beside it. Nobody is erased because of what it says, and a named pipe makes nobody wait.
func TestFilesOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	sb := newYuno(t, 2)
	file := clitest.WriteFile(t, "ids.txt", "m\n")
	give := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, 12345, -1); err != nil {
			t.Fatal(err)
		}
	}
	const foreign = "belongs to user 12345"
	give(file+".journal.lookup", `{"version":1,"question":"look-up","account_code":"`+os.Getenv(client.EnvAccountCode)+
		`","base_url":"`+sb.URL()+`","list_sha256":"x","started":"2026-01-01T00:00:00Z"}
{"id":"m","line":1,"outcome":"found","status":200,"attempts":1,"time":"2999-01-01T00:00:00Z","customer_id":"c1"}
`)
	for _, more := range [][]string{nil, {"--resume"}, {"--dry-run", "--look-up"}} {
		expect(t, command.ExitUsage, "", foreign, append([]string{"--file", file, "--by", "merchant-id", "--yes"}, more...)...)
	}
	give(file+".journal", "")
	for _, more := range [][]string{nil, {"--resume"}, {"--resume", "--dry-run"}} {
		expect(t, command.ExitUsage, "", foreign, append([]string{"--file", file, "--yes"}, more...)...)
	}
	pipe := file + ".pipe"
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, command.ExitUsage, "", "is not a regular file", "--file", file, "--journal", pipe, "--resume", "--dry-run")
	for path, want := range map[string]string{pipe: "is not a regular file", file + ".journal": foreign} {
		if status, _, stderr := clitest.Run(t.Context(), "verify", "--journal", path); status != command.ExitUsage || !strings.Contains(stderr, want) {
			t.Errorf("verify: exit status %d, %s", status, stderr)
		}
	}
	if err := os.Rename(pipe, file+".journal.lookup"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".journal"); err != nil {
		t.Fatal(err)
	}
	expect(t, 4, "1 not found", "", "--file", file, "--yes")
	if status, _, stderr := clitest.Run(t.Context(), "verify", "--journal", file+".journal"); status != command.ExitUsage || !strings.Contains(stderr, "is not a regular file") {
		t.Errorf("verify: exit status %d, %s", status, stderr)
	}
	if remaining(sb) != 2 {
		t.Errorf("%d remain", remaining(sb))
	}
}
