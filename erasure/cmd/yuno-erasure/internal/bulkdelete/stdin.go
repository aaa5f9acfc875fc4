package bulkdelete

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// inputOfStdin copies standard input to a file beside the journal, so that it can be
// read twice, and again by a run that resumes. The copy is kept as long as the journal
// exists: it may be the only record of what the run was given.
func (c *Command) inputOfStdin(stdin io.Reader) (*input, error) {
	path := c.Journal + ".input"
	taken := command.NewUsageError(path+" belongs to an earlier run",
		"--resume to continue that run, or another --journal for a new one")
	switch {
	case c.Resume && exists(path):
		return inputOfFile(path, "")
	case c.Resume:
		return nil, command.NewUsageError(path+", the copy of the run's standard input, does not exist",
			"the same without --resume")
	case c.DryRun:
		dir, err := os.MkdirTemp("", "yuno-erasure-delete-")
		if err != nil {
			return nil, err
		}
		return copyOf(stdin, filepath.Join(dir, "input"), func() error { return nil }, func() { _ = os.RemoveAll(dir) })
	case exists(path) && exists(c.Journal):
		return nil, taken
	}
	checkFree := func() error {
		if exists(c.Journal) { // created by another run while standard input was read
			return taken
		}
		return nil
	}
	return copyOf(stdin, path, checkFree, func() {
		if !exists(c.Journal) {
			_ = os.Remove(path)
		}
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// copyOf copies standard input to a file and returns the copy. Once everything is read,
// checkFree says whether a file of that name can be created. discard is called when the
// copy is no longer needed.
func copyOf(stdin io.Reader, path string, checkFree func() error, discard func()) (*input, error) {
	err := copyToFile(stdin, path, checkFree)
	var in *input
	if err == nil {
		in, err = inputOfFile(path, "")
	}
	if err != nil {
		discard()
		return nil, err
	}
	in.name = "standard input"
	closeFile := in.close
	in.close = func() { closeFile(); discard() }
	return in, nil
}

func copyToFile(stdin io.Reader, path string, checkFree func() error) error {
	file, err := command.CreateFile(path)
	if err != nil {
		return err
	}
	defer file.Discard()
	if _, err := io.Copy(file, stdin); err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	if err := checkFree(); err != nil {
		return err
	}
	// A journal that survives a power cut is useless without its input.
	if err := errors.Join(file.Sync(), file.Commit(0o600)); err != nil {
		return fmt.Errorf("copying standard input: %w", err)
	}
	return nil
}
