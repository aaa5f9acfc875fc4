package testprogram

import (
	"path/filepath"
	"runtime"
	"testing"
)

// ending notes how a test ends, and ends it.
type ending struct {
	testing.TB
	skipped, failed bool
}

func (e *ending) Helper() {}

func (e *ending) Skipf(string, ...any) {
	e.skipped = true
	runtime.Goexit()
}

func (e *ending) Fatalf(string, ...any) {
	e.failed = true
	runtime.Goexit()
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	name := "present"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	Write(t, filepath.Join(dir, name), "")
	find := func(name string) (path string, e *ending) {
		e = &ending{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			path = Find(e, name)
		}()
		<-done
		return path, e
	}
	for _, required := range []string{"", "1"} {
		t.Setenv("REQUIRE_PROGRAMS", required)
		if path, e := find("present"); path != filepath.Join(dir, name) || e.skipped || e.failed {
			t.Errorf("found %q, skipped: %v, failed: %v", path, e.skipped, e.failed)
		}
		if path, e := find("absent"); path != "" || e.skipped == (required != "") || e.failed == (required == "") {
			t.Errorf("REQUIRE_PROGRAMS=%s: found %q, skipped: %v, failed: %v", required, path, e.skipped, e.failed)
		}
	}
}
