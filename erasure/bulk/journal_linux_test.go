package bulk

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// A device would be truncated, made unreadable for others, and removed in the end.
func TestJournalIsARegularFile(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 1)
	if err := syscall.Mkfifo(r.path, 0o644); err != nil {
		t.Skip(err)
	}
	if _, err := Prepare(t.Context(), scanText(t, r.text), optionsFor(r.path, false)); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("got %v", err)
	}
	if info, err := os.Stat(r.path); err != nil || info.Mode() != os.ModeNamedPipe|0o644 {
		t.Errorf("%v, %v", info, err)
	}
}
