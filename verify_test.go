package yunocustomers_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// `make verify` is what keeps stale files out; this keeps it honest.
func TestVerify(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the generator and go mod tidy twice")
	}
	t.Parallel()
	root := copyCheckout(t)

	before := digests(t, root)
	if output, err := verify(t, root); err != nil {
		t.Fatalf("a fresh copy is stale: %v\n%s", err, output)
	}

	// One fault of each kind; all of them must be named in one run.
	faults := []struct{ path, content, want string }{
		{"api/types.gen.go", "package api\n", "stale: Files api/types.gen.go and"},
		{"api/left-over.gen.go", "package api\n", "stale: Only in api: left-over.gen.go"}, // not tracked
		{"openapi/overlaid/delete-customer.json", "{}\n", "stale: Files openapi/overlaid/delete-customer.json and"},
		{"openapi/customers/delete-customer.json", string(readFile(t, filepath.Join(root, "openapi/customers/delete-customer.json"))) + " ",
			"openapi/customers/delete-customer.json is not the file whose sha256 is in openapi/SOURCE.json"},
		{"internal/testdata/consumer/go.mod", string(readFile(t, filepath.Join(root, "internal/testdata/consumer/go.mod"))) + "\nrequire github.com/alecthomas/kong v1.17.0\n",
			"stale: internal/testdata/consumer/go.mod"},
		{"openapi/untracked.go", "package openapi\nvar  x = 1\n", "not formatted: openapi/untracked.go"},
	}
	for _, fault := range faults {
		if err := os.WriteFile(filepath.Join(root, fault.path), []byte(fault.content), 0o644); err != nil {
			t.Fatal(err)
		}
		before[fault.path] = fmt.Sprintf("%x", sha256.Sum256([]byte(fault.content)))
	}
	output, err := verify(t, root)
	if err == nil {
		t.Error("verify passes")
	}
	for _, fault := range faults {
		if !strings.Contains(output, fault.want) {
			t.Errorf("verify does not say %q", fault.want)
		}
	}
	if t.Failed() {
		t.Log(output)
	}
	for path, digest := range digests(t, root) {
		if before[path] != digest {
			t.Errorf("verify wrote %s", path)
		}
	}
}

func verify(t *testing.T, root string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "scripts/verify.sh")
	cmd.Dir = root
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// copyCheckout copies the files that git does not ignore into a repository of
// its own.
func copyCheckout(t *testing.T) string {
	t.Helper()
	list, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("not in a git checkout: %v", err)
	}
	root := t.TempDir()
	for _, path := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		info, err := os.Stat(path)
		if err != nil {
			continue // deleted, not committed yet
		}
		target := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, readFile(t, path), info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = root
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, output)
		}
	}
	return root
}

func digests(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == ".git" {
			return fs.SkipDir
		}
		if !entry.IsDir() {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			out[rel] = fmt.Sprintf("%x", sha256.Sum256(readFile(t, path)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
