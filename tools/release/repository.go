package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// repository is the root of a git checkout.
type repository struct{ root string }

// git runs git and returns its output without the final newline.
func (r repository) git(ctx context.Context, args ...string) (string, error) {
	output, err := r.gitWith(ctx, "", nil, args...)
	return strings.TrimSuffix(output, "\n"), err
}

// gitWith runs git with an input and additional variables, and returns its output.
func (r repository) gitWith(ctx context.Context, input string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.Join(strings.Fields(stderr.String()), " "))
	}
	return string(output), nil
}

// checkClean fails if the checkout differs from its commit, untracked files included.
func (r repository) checkClean(ctx context.Context) error {
	status, err := r.git(ctx, "status", "--porcelain", "--untracked-files=all")
	if err != nil || status == "" {
		return err
	}
	first, _, _ := strings.Cut(status, "\n")
	return fmt.Errorf("the checkout has changes that are not committed (%s): commit or remove them", strings.TrimSpace(first))
}

// tags returns the tags that begin with a prefix, without it.
func (r repository) tags(ctx context.Context, prefix string) ([]string, error) {
	list, err := r.git(ctx, "tag", "--list", prefix+"v*")
	if err != nil {
		return nil, err
	}
	names := strings.Fields(list)
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, prefix)
	}
	return names, nil
}

// file returns a file of a commit.
func (r repository) file(ctx context.Context, commit, path string) (string, error) {
	return r.gitWith(ctx, "", nil, "show", commit+":"+path)
}

// commitFiles returns a new commit after parent in which the files have the given
// contents. It changes neither the checkout nor a branch.
func (r repository) commitFiles(ctx context.Context, parent, message string, files map[string]string) (commit string, err error) {
	temp, err := os.MkdirTemp("", "release")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(temp, "index")}
	if _, err := r.gitWith(ctx, "", index, "read-tree", parent); err != nil {
		return "", err
	}
	for path, text := range files {
		blob, err := r.gitWith(ctx, text, nil, "hash-object", "-w", "--stdin")
		if err != nil {
			return "", err
		}
		if _, err := r.gitWith(ctx, "", index, "update-index", "--cacheinfo", "100644,"+strings.TrimSpace(blob)+","+path); err != nil {
			return "", err
		}
	}
	tree, err := r.gitWith(ctx, "", index, "write-tree")
	if err != nil {
		return "", err
	}
	return r.git(ctx, "commit-tree", "-p", parent, "-m", message, strings.TrimSpace(tree))
}
