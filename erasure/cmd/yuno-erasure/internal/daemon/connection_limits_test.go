package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// Whatever the limit of open files is, connections leave some of them for the rest.
func TestConnectionLimits(t *testing.T) {
	t.Parallel()
	for files, want := range map[int]connectionLimits{
		0: {16, 8}, 128: {16, 8}, 256: {80, 16}, 1024: {464, 64}, 20_000: {8192, 64}, manyFiles: {8192, 64},
	} {
		got := limitsFor(files)
		if got != want {
			t.Errorf("%d files: got %+v, want %+v", files, got, want)
		}
		if left := files - got.api - got.operations; files >= 128 && left < ownFiles {
			t.Errorf("%d files: %d are left", files, left)
		}
		var log bytes.Buffer
		got.warn(slog.New(slog.NewTextHandler(&log, nil)), files)
		if warned := strings.Contains(log.String(), "level=WARN"); warned != (files < 1024) {
			t.Errorf("%d files: warned %v: %s", files, warned, log.String())
		}
	}
}

func TestOpenFiles(t *testing.T) {
	t.Parallel()
	if n := openFiles(); n < 16 || n > manyFiles {
		t.Errorf("%d files", n)
	}
}
