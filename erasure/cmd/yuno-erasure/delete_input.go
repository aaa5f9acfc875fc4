package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	open        func() (io.ReadCloser, error)
	close       func()
}

// input makes the ids readable: those of the command line, a file, or standard
// input, which is first copied beside the journal.
func (c *deleteCommand) input(stdin io.Reader) (*batchInput, error) {
	switch c.File {
	case "":
		return inputOfArgs(c.ID)
	case "-":
		return c.inputOfStdin(stdin)
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
		name: path, journalPath: journalPath, again: true,
		open: func() (io.ReadCloser, error) {
			now, err := file.Stat()
			if err != nil {
				return nil, err
			}
			if now.Size() != first.Size() || !now.ModTime().Equal(first.ModTime()) {
				return nil, fmt.Errorf("%s was changed after it was checked: nothing was sent", path)
			}
			_, err = file.Seek(0, io.SeekStart)
			return io.NopCloser(file), err
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
		open:  func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
		close: func() { _ = os.RemoveAll(dir) },
	}, nil
}

// inputOfStdin copies standard input to a file beside the journal, so that it can
// be read twice and by a run that resumes. It never replaces the copy of another
// run: that may be the only one there is.
func (c *deleteCommand) inputOfStdin(stdin io.Reader) (*batchInput, error) {
	path := c.Journal + ".input"
	if c.Resume {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("the copy of standard input that the run was made from: %w", err)
		}
		return inputOfFile(path, "")
	}
	temporary := ""
	if c.DryRun {
		dir, err := os.MkdirTemp("", "yuno-erasure-delete-")
		if err != nil {
			return nil, err
		}
		temporary, path = dir, filepath.Join(dir, "input")
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s belongs to an earlier run: --resume continues that; to begin anew, name another journal", path)
	}
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(file, stdin)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("reading standard input: %w", err), os.Remove(path))
	}
	in, err := inputOfFile(path, "")
	if err == nil && temporary != "" {
		closeFile := in.close
		in.close = func() { closeFile(); _ = os.RemoveAll(temporary) }
	}
	return in, err
}

// census reads the input for the first time.
func (in *batchInput) census(ctx context.Context, f batch.Format) (*batch.Census, error) {
	file, err := in.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	census, err := batch.TakeCensus(ctx, file, f, client.CheckCustomerID)
	if err != nil && !errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	return census, err
}
