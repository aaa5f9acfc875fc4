// Package golden compares what tests produce with files in testdata. Internal to this
// module.
package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Compare fails the test if got is not the content of the file at path. With
// UPDATE_GOLDEN set in the environment, it writes the file instead.
func Compare(t testing.TB, path, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (UPDATE_GOLDEN=1 make test writes it)", err)
	}
	if got != string(want) {
		t.Errorf("%s differs (UPDATE_GOLDEN=1 make test rewrites it); got:\n%s", path, got)
	}
}
