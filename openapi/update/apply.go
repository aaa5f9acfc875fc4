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
)

// generated are the folders that `go generate` writes, relative to the root.
var generated = []string{"api", "openapi/overlaid"}

// staged is what `go generate` reads: a copy of it is enough to generate in.
var staged = []string{"go.mod", "go.sum", "gen.go", "tools.go", "api", "openapi", "internal/overlay"}

// apply puts the specification, its record and the code generated from it in
// place, or changes nothing. Everything is made in a copy first; only when all
// of it exists and compiles are the files moved, each by rename, and put back
// if one of them cannot be.
func apply(ctx context.Context, root string, specification, record []byte) error {
	stage, err := os.MkdirTemp("", "specupdate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	for _, path := range staged {
		if err := copyTree(filepath.Join(root, path), filepath.Join(stage, path)); err != nil {
			return err
		}
	}
	for _, dir := range generated { // from nothing: what is no longer generated must not stay
		if err := os.RemoveAll(filepath.Join(stage, dir)); err != nil {
			return err
		}
		if err := os.Mkdir(filepath.Join(stage, dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(stage, vendoredPath), specification, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(stage, recordPath), record, 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{{"generate", "."}, {"build", "./api", "./openapi"}} {
		if err := runGo(ctx, stage, args...); err != nil {
			return err
		}
	}
	return replaceFiles(root, stage)
}

// runGo runs the go command in dir. Its output is shown when it fails.
func runGo(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	output, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return fmt.Errorf("go %s fails with the new specification: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(string(output)))
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

// replaceFiles moves what was made in the stage to its place in root.
func replaceFiles(root, stage string) (err error) {
	paths := []string{vendoredPath, recordPath}
	for _, dir := range generated {
		names, err := fileNames(filepath.Join(root, dir), filepath.Join(stage, dir))
		if err != nil {
			return err
		}
		for _, name := range names {
			paths = append(paths, filepath.Join(dir, name))
		}
	}

	var undo []func() error
	defer func() {
		if err == nil {
			return
		}
		for _, step := range undo {
			if failed := step(); failed != nil {
				err = fmt.Errorf("%w; and putting a file back failed: %w", err, failed)
			}
		}
	}()
	for _, path := range paths {
		place := filepath.Join(root, path)
		old, readErr := os.ReadFile(place)
		if readErr != nil && !errors.Is(readErr, fs.ErrNotExist) {
			return readErr
		}
		existed := readErr == nil
		next, readErr := os.ReadFile(filepath.Join(stage, path))
		switch {
		case errors.Is(readErr, fs.ErrNotExist): // generation no longer makes it
			err = os.Remove(place)
		case readErr != nil:
			err = readErr
		default:
			err = writeFile(place, next)
		}
		if err != nil {
			return err
		}
		undo = append(undo, func() error {
			if existed {
				return writeFile(place, old)
			}
			return os.Remove(place)
		})
	}
	return nil
}

// fileNames is the union of the names in two folders.
func fileNames(dirs ...string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if !seen[entry.Name()] {
				seen[entry.Name()] = true
				names = append(names, entry.Name())
			}
		}
	}
	return names, nil
}

// writeFile writes beside the file and renames, so that a reader sees the old
// content or the new, and a full disk leaves the old.
func writeFile(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when the rename worked
	_, err = tmp.Write(content)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
