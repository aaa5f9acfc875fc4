//go:build unix

package daemon_test

import (
	"bufio"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
)

// The service does not end because nobody reads its log any more: what it logs when it is
// stopped must not kill it.
func TestLogWithoutReader(t *testing.T) {
	t.Parallel()
	cmd := clitest.Process(t, t.TempDir(), nil, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "")
	log, writing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = writing
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writing.Close() // the process has its own
	serving := false
	for lines := bufio.NewScanner(log); !serving && lines.Scan(); {
		serving = strings.Contains(lines.Text(), "msg=serving")
	}
	if !serving {
		t.Fatal("serve did not start")
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v, want status 0", err)
	}
}
