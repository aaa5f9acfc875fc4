package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errNotPutBack marks a failed update that left files changed.
var errNotPutBack = errors.New("restoring a file failed")

// apply moves the stage's specification, record and generated code to root, or
// changes nothing: if one file cannot be replaced, those before it are restored.
func (s *stage) apply(root string, record []byte) error {
	if err := os.WriteFile(filepath.Join(s.root, recordPath), record, 0o644); err != nil {
		return err
	}
	return replaceFiles(root, s.root, s.file)
}

// replaceFiles replaces the files of root that an update writes by those of the stage.
func replaceFiles(root, stage, specification string) (err error) {
	paths, err := rewritten(stage)
	if err != nil {
		return err
	}
	paths = append(paths, specification, recordPath)
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
	defer func() { err = putBack(err, undo) }()
	for _, path := range paths {
		restore, err := replaceFile(filepath.Join(root, path), filepath.Join(stage, path))
		if err != nil {
			return err
		}
		undo = append(undo, restore)
	}
	return nil
}

// putBack runs the undo steps if err is not nil, and returns err with their errors.
func putBack(err error, undo []func() error) error {
	if err == nil {
		return nil
	}
	for _, step := range undo {
		if failed := step(); failed != nil {
			err = fmt.Errorf("%w; and %w: %w", err, errNotPutBack, failed)
		}
	}
	return err
}

// replaceFile gives a file the content of another. It removes the file if the other
// does not exist: then generation no longer writes it. restore undoes the change.
func replaceFile(place, with string) (restore func() error, err error) {
	old, err := os.ReadFile(place)
	switch {
	case err == nil:
		restore = func() error { return writeFile(place, old) }
	case errors.Is(err, fs.ErrNotExist):
		restore = func() error { return os.Remove(place) }
	default:
		return nil, err
	}
	next, err := os.ReadFile(with)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.Remove(place)
	case err == nil:
		err = writeFile(place, next)
	}
	return restore, err
}

// fileNames is the union of the names in folders. A missing folder is empty.
func fileNames(dirs ...string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
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

// writeFile writes a temporary file and renames it, so that readers see the old or
// the new content, and a full disk leaves the old.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails if the rename succeeded
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
