package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// version is one that this project will not have.
const version = "v1.987.0"

// wholeTree names every file of the checkout.
const wholeTree = "."

// newRepository returns a repository whose only commit has files of this checkout, with
// what is not committed yet, and with a section about version in the changelog.
func newRepository(t *testing.T, paths ...string) repository {
	t.Helper()
	tree := repository{filepath.Join("..", "..")}
	list, err := tree.git(t.Context(), append([]string{"ls-files", "-z", "-co", "--exclude-standard", "--"}, paths...)...)
	if err != nil {
		t.Skipf("not in a git checkout: %v", err)
	}
	repo := repository{t.TempDir()}
	for path := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(tree.root, path))
		if os.IsNotExist(err) {
			continue // deleted, not committed yet
		}
		if path == "CHANGELOG.md" {
			text = changelogFor(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(repo.root, path), string(text))
	}
	mustGit(t, repo, "init", "-q")
	mustGit(t, repo, "config", "user.name", "Tester")
	mustGit(t, repo, "config", "user.email", "tester@example.com")
	mustGit(t, repo, "config", "commit.gpgSign", "false")
	mustGit(t, repo, "config", "tag.gpgSign", "false")
	commit(t, repo)
	return repo
}

// changelogFor gives what is unreleased the heading of version.
func changelogFor(text []byte) []byte {
	heading := []byte("## Unreleased")
	return bytes.Replace(text, heading, append(heading, "\n\n## "+strings.TrimPrefix(version, "v")+" - 2031-02-03\n\n- A change."...), 1)
}

// changeFile replaces a text in a file, which must be there.
func changeFile(t *testing.T, repo repository, path, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repo.root, path))
	if err != nil || !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s does not contain %q: %v", path, old, err)
	}
	write(t, filepath.Join(repo.root, path), strings.Replace(string(text), old, replacement, 1))
}

func commit(t *testing.T, repo repository) {
	t.Helper()
	mustGit(t, repo, "add", "-A")
	mustGit(t, repo, "commit", "-q", "-m", "A commit")
}

func mustGit(t *testing.T, repo repository, args ...string) string {
	t.Helper()
	output, err := repo.git(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runGo runs the go command in a folder, with additional variables.
func runGo(t *testing.T, folder string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = folder
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN=local"), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, output, &stderr)
	}
	return string(output)
}
