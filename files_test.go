package yunocustomers_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Programs that were built in place are no part of the project. Its largest file, the
// licences of modules, has 200 KB.
func TestNothingCompiledIsInTheTree(t *testing.T) {
	t.Parallel()
	const largest = 1 << 20
	list, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("not in a git checkout: %v", err)
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		if info, err := os.Lstat(path); err == nil && info.Size() > largest {
			t.Errorf("%s has %d bytes: remove it from the tree, and add it to .gitignore if it is built", path, info.Size())
		}
	}
}
