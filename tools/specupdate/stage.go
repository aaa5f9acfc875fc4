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

// staged is what `go generate` reads: a copy of it is enough to generate in.
var staged = []string{"go.mod", "go.sum", "gen.go", "tools.go", "api", "openapi", "tools/overlay"}

// errInterrupted ends what a signal stopped.
var errInterrupted = errors.New("interrupted")

// stage is a copy of what generation needs, with a new specification and the
// code generated from it.
type stage struct {
	dir  string // holds root, and the temporary files of the go command
	root string
}

// checkRoot reports what is missing in the checkout, or in the way.
func checkRoot(root string) error {
	for _, path := range append([]string{vendoredPath, recordPath}, staged...) {
		if _, err := os.Stat(filepath.Join(root, path)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is missing in %s: run this at the root of a checkout, or name it with --root", path, root)
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
				return fmt.Errorf("%s is a folder: %s holds generated files and nothing else", filepath.Join(root, dir, entry.Name()), dir)
			}
		}
	}
	return nil
}

// newStage generates from a specification, starting from nothing, and compiles
// what comes out.
func newStage(ctx context.Context, root string, specification []byte) (_ *stage, err error) {
	dir, err := os.MkdirTemp("", "specupdate")
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, root: filepath.Join(dir, "root")}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for _, path := range staged {
		if err := copyTree(filepath.Join(root, path), filepath.Join(s.root, path)); err != nil {
			return nil, err
		}
	}
	for _, path := range generated { // what is no longer generated must not stay
		if err := os.RemoveAll(filepath.Join(s.root, path)); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(s.root, vendoredPath), specification, 0o644); err != nil {
		return nil, err
	}
	for _, args := range [][]string{{"generate", "."}, {"build", "./api", "./openapi"}} {
		if err := s.runGo(ctx, args...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *stage) close() { _ = os.RemoveAll(s.dir) }

// runGo runs the go command. What it and the tools it starts leave behind when
// they are killed goes with the stage.
func (s *stage) runGo(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "GOWORK=off", "TMPDIR="+s.dir, "GOTMPDIR="+s.dir)
	killWithChildren(cmd)
	cmd.WaitDelay = 10 * time.Second
	output, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errInterrupted
	default:
		return fmt.Errorf("go %s fails with the new specification: %s", strings.Join(args, " "), complaint(string(output), err))
	}
}

// complaint picks the line of a command's output that says what is wrong: the
// first that is not a heading of the go command.
func complaint(output string, err error) string {
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "go: downloading ") {
			return oneLine(errors.New(line))
		}
	}
	return err.Error()
}

// copyTree copies a file or a folder. Modules below it stay behind: they are
// not part of the module that is generated.
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
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir
			}
			return os.MkdirAll(target, 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
}
