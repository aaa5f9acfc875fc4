package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// generated are the folders that `go generate` writes, relative to the root.
var generated = []string{"api", "openapi/overlaid"}

// errInterrupted ends a command that a signal stopped.
var errInterrupted = errors.New("interrupted")

// A stage is a copy of the files that generation and proofs need, with a new
// specification and the code generated from it.
type stage struct {
	dir  string // contains root, and the temporary files of the go command
	root string
	file string // the new specification, relative to root
}

// checkRoot reports a folder that is no checkout, and folders that would be in the way
// of generated files.
func checkRoot(root string) error {
	for _, path := range []string{"go.mod", recordPath} {
		if _, err := os.Stat(filepath.Join(root, path)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is missing in %s: run this at the root of a checkout, or set --root", path, root)
		} else if err != nil {
			return err
		}
	}
	for _, dir := range generated {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			if entry.IsDir() {
				return fmt.Errorf("%s is a folder: %s may contain generated files only", filepath.Join(root, dir, entry.Name()), dir)
			}
		}
	}
	return nil
}

// newStage copies a checkout, without generated code and with a new specification.
func newStage(root, file string, specification []byte) (_ *stage, err error) {
	dir, err := os.MkdirTemp("", "specupdate")
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, root: filepath.Join(dir, "root"), file: file}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := copyTree(root, s.root); err != nil {
		return nil, err
	}
	for _, path := range generated { // remove files that are no longer generated
		if err := os.RemoveAll(filepath.Join(s.root, path)); err != nil {
			return nil, err
		}
	}
	return s, os.WriteFile(filepath.Join(s.root, file), specification, 0o644)
}

// merge returns all specifications of the stage as one document, without overlays.
func (s *stage) merge(ctx context.Context) ([]byte, error) {
	path := filepath.Join(s.dir, "merged.json")
	if err := s.run(ctx, "bash", "scripts/codegen.sh", "--merge", path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// generate generates the code from scratch, and compiles it.
func (s *stage) generate(ctx context.Context) error {
	if err := s.run(ctx, "go", "generate", "."); err != nil {
		return err
	}
	return s.run(ctx, "go", "build", "-trimpath", "./api", "./openapi")
}

func (s *stage) close() { _ = os.RemoveAll(s.dir) }

// run runs a command, and returns an error that says in one line what failed.
func (s *stage) run(ctx context.Context, command ...string) error {
	output, err := s.output(ctx, nil, command...)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errInterrupted
	default:
		return fmt.Errorf("%s fails with the new specification: %s", strings.Join(command[:2], " "), firstError(output, err))
	}
}

// output runs a command and returns its output. If it is killed, its temporary files
// are removed together with the stage.
func (s *stage) output(ctx context.Context, env []string, command ...string) (string, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "GOWORK=off", "TMPDIR="+s.dir, "GOTMPDIR="+s.dir)
	cmd.Env = append(cmd.Env, env...)
	killWithChildren(cmd)
	cmd.WaitDelay = 10 * time.Second
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// firstError is the first line of a command's output that is not a heading of the go
// command.
func firstError(output string, err error) string {
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "go: downloading ") {
			return oneLine(errors.New(line))
		}
	}
	return err.Error()
}

// copyTree copies a folder without nested modules, hidden folders and bin.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if entry.IsDir() {
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if rel != "." && (err == nil || rel == "bin" || strings.HasPrefix(entry.Name(), ".")) {
				return filepath.SkipDir
			}
			return os.MkdirAll(target, 0o755)
		}
		if !entry.Type().IsRegular() { // reading a pipe blocks
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, info.Mode().Perm())
	})
}
