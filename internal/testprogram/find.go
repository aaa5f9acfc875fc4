package testprogram

import (
	"os"
	"os/exec"
	"testing"
)

// Find returns the path of a program that a test runs, such as curl. Without the program the
// test is skipped, or fails if REQUIRE_PROGRAMS is set, as in CI: there a test that is always
// skipped would go unseen.
func Find(t testing.TB, name string) (path string) {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("REQUIRE_PROGRAMS") != "":
		t.Fatalf("%s is not installed, and REQUIRE_PROGRAMS is set", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return ""
}
