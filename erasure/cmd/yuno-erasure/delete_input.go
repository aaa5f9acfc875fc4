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
		return inputOfStdin(stdin, c.Journal+".input", c.Resume)
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file, and it is read twice; for a pipe use --file - --journal FILE", c.File)
	}
	return inputOfFile(c.File, c.File+".journal"), nil
}

func inputOfFile(path, journalPath string) *batchInput {
	return &batchInput{
		name: path, journalPath: journalPath, again: true,
		open:  func() (io.ReadCloser, error) { return os.Open(path) },
		close: func() {},
	}
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

// inputOfStdin copies standard input to a file, so that it can be read twice and
// by a run that resumes.
func inputOfStdin(stdin io.Reader, path string, resume bool) (*batchInput, error) {
	if resume {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("the copy of standard input that the run was made from: %w", err)
		}
		return inputOfFile(path, ""), nil
	}
	file, err := createFile(path)
	if err != nil {
		return nil, err
	}
	defer file.discard()
	if _, err := io.Copy(file.tmp, stdin); err != nil {
		return nil, fmt.Errorf("reading standard input: %w", err)
	}
	if err := file.commit(nil, 0o600); err != nil {
		return nil, err
	}
	return inputOfFile(path, ""), nil
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
