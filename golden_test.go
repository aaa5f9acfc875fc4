package yunocustomers_test

import (
	"os"
	"testing"
)

// golden compares got with a file, and rewrites the file if UPDATE_GOLDEN is set.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		write(t, ".", path, got)
	}
	if want := string(readFile(t, path)); got != want {
		t.Errorf("%s differs (UPDATE_GOLDEN=1 rewrites it)\n--- got\n%s--- want\n%s", path, got, want)
	}
}
