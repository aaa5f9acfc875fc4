package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/batch"
)

// batchInput is where the ids of a run come from. It is read twice.
type batchInput struct {
	name        string // for messages
	journalPath string // unless a flag names another
	again       bool   // whether a later run can read it again, and resume
	file        *os.File
	open        func() (io.Reader, error)
	close       func()
}

// is reports whether path names the file that the ids are in.
func (in *batchInput) is(path string) bool {
	if in.file == nil {
		return false
	}
	named, err := os.Stat(path)
	opened, err2 := in.file.Stat()
	return err == nil && err2 == nil && os.SameFile(named, opened)
}

// input makes the ids readable: those of the command line, a file, or standard
// input, which is first copied beside the journal.
func (c *deleteCommand) input(ctx context.Context, stdin io.Reader) (*batchInput, error) {
	switch c.File {
	case "":
		in, err := inputOfArgs(c.ID)
		if err == nil {
			in.again = c.Journal != ""
		}
		return in, err
	case "-":
		return c.inputOfStdin(interruptible{ctx, stdin})
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file, and it is read twice; for a pipe use --file - --journal FILE", c.File)
	}
	return inputOfFile(c.File, c.File+".journal")
}

// inputOfFile opens the file once: what is sent is what was checked and
// confirmed, even if another file takes its name meanwhile.
func inputOfFile(path, journalPath string) (*batchInput, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	first, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &batchInput{
		name: path, journalPath: journalPath, again: true, file: file,
		open: func() (io.Reader, error) {
			now, err := file.Stat()
			if err != nil {
				return nil, err
			}
			if now.Size() != first.Size() || !now.ModTime().Equal(first.ModTime()) {
				return nil, fmt.Errorf("%s was changed after it was checked: nothing was sent", path)
			}
			_, err = file.Seek(0, io.SeekStart)
			return file, err
		},
		close: func() { _ = file.Close() },
	}, nil
}

// inputOfArgs keeps the journal in a temporary folder: for a handful of ids the
// answer on the screen is the record.
func inputOfArgs(ids []string) (*batchInput, error) {
	for i, id := range ids {
		if err := client.CheckCustomerID(id); err != nil {
			return nil, &usageError{fmt.Sprintf("id %d: %v", i+1, err), "the ids as Yuno gave them, separated by spaces"}
		}
	}
	dir, err := os.MkdirTemp("", "yuno-erasure-delete-")
	if err != nil {
		return nil, err
	}
	text := strings.Join(ids, "\n")
	return &batchInput{
		name: "command line", journalPath: filepath.Join(dir, "journal"),
		open:  func() (io.Reader, error) { return strings.NewReader(text), nil },
		close: func() { _ = os.RemoveAll(dir) },
	}, nil
}

// inputOfStdin copies standard input to a file beside the journal, so that it can
// be read twice and by a run that resumes. The copy lives as long as the journal:
// it may be the only one there is of what a run was made from.
func (c *deleteCommand) inputOfStdin(stdin io.Reader) (*batchInput, error) {
	path := c.Journal + ".input"
	begun := func() bool { _, err := os.Stat(c.Journal); return err == nil }
	_, err := os.Stat(path)
	there := err == nil
	switch {
	case c.DryRun:
		dir, err := os.MkdirTemp("", "yuno-erasure-delete-")
		if err != nil {
			return nil, err
		}
		return copyOf(stdin, filepath.Join(dir, "input"), func() { _ = os.RemoveAll(dir) })
	case c.Resume && there:
		return inputOfFile(path, "")
	case c.Resume:
		return nil, fmt.Errorf("the copy of standard input that the run was made from: %w", err)
	case there && begun():
		return nil, fmt.Errorf("%s belongs to an earlier run: --resume continues that; to begin anew, name another journal", path)
	}
	return copyOf(stdin, path, func() {
		if !begun() {
			_ = os.Remove(path)
		}
	})
}

// copyOf is standard input, copied to a file. discard is called in the end.
func copyOf(stdin io.Reader, path string, discard func()) (*batchInput, error) {
	in, err := func() (*batchInput, error) {
		file, err := createFile(path)
		if err != nil {
			return nil, err
		}
		defer file.discard()
		if _, err := io.Copy(file.tmp, stdin); err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		// A journal that survives a power cut is nothing without it.
		if err := errors.Join(file.tmp.Sync(), file.commit(nil, 0o600)); err != nil {
			return nil, fmt.Errorf("copying standard input: %w", err)
		}
		return inputOfFile(path, "")
	}()
	if err != nil {
		discard()
		return nil, err
	}
	in.name = "standard input"
	closeFile := in.close
	in.close = func() { closeFile(); discard() }
	return in, nil
}

// census reads the input for the first time.
func (in *batchInput) census(ctx context.Context, f batch.Format) (*batch.Census, error) {
	file, err := in.open()
	if err != nil {
		return nil, err
	}
	census, err := batch.TakeCensus(ctx, file, f, client.CheckCustomerID)
	if err != nil && !errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	return census, err
}
