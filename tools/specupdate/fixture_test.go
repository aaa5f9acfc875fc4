package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	projectRoot = "../.."

	// pinnedFiles has specifications that an update of the vendored ones does not
	// change: a page, and in folder openapi what an update from it writes.
	pinnedFiles = "testdata/pinned"

	// vendoredPath is where a checkout has the specification of deleteCustomer.
	vendoredPath = "openapi/customers/delete-customer.json"
)

var deleteCustomer = operation{"delete", "/customers/{customer_id}", "delete-customer"}

// The pinned checkout is made once for all tests, and so are the generators, which
// the code under test would build in every stage. TestMain removes the checkout.
var (
	pinnedDir  string
	makePinned = sync.OnceValue(func() error {
		build := exec.Command("scripts/codegen.sh", "--tools")
		build.Dir = projectRoot
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, output)
		}
		tools, err := filepath.Abs(filepath.Join(projectRoot, "bin"))
		if err != nil {
			return err
		}
		if err := os.Setenv("GENERATORS", tools); err != nil {
			return err
		}
		if err := copyTree(projectRoot, pinnedDir); err != nil {
			return err
		}
		// All other files are those of the project, also those of further operations.
		if err := copyTree(filepath.Join(pinnedFiles, "openapi"), filepath.Join(pinnedDir, "openapi")); err != nil {
			return err
		}
		s := stage{dir: filepath.Dir(pinnedDir), root: pinnedDir}
		if err := s.run(context.Background(), "go", "generate", "."); err != nil {
			return err
		}
		const contract = "openapi/overlaid/customers.json"
		living, err := os.ReadFile(filepath.Join(projectRoot, contract))
		if err != nil {
			return err
		}
		if pinned, err := os.ReadFile(filepath.Join(pinnedDir, contract)); err != nil || bytes.Equal(pinned, living) {
			return err
		}
		// This checkout was updated, so it records other operations.
		output, err := s.output(context.Background(), []string{"UPDATE_GOLDEN=1"}, "go", "test", "-vet=off", "-run", "^TestOperation", ".")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, output)
		}
		return nil
	})
)

// pinnedRoot returns a checkout with the pinned specifications. Tests must not change
// it.
func pinnedRoot(t *testing.T) string {
	t.Helper()
	if err := makePinned(); err != nil {
		t.Fatal(err)
	}
	return pinnedDir
}

// checkout returns a copy of the pinned checkout, which the test may change.
func checkout(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := copyTree(pinnedRoot(t), root); err != nil {
		t.Fatal(err)
	}
	return root
}

func writeTemp(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// snapshot returns the digest of every file below root.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, root)] = fmt.Sprintf("%x", sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func changed(before, after map[string]string) []string {
	var out []string
	for path := range before {
		if before[path] != after[path] {
			out = append(out, path)
		}
	}
	for path := range after {
		if before[path] == "" {
			out = append(out, path+" (new)")
		}
	}
	return out
}

func update(t *testing.T, root, from string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"update", from, "--root", root}, args...)
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func read(t *testing.T, root, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
