package bulkdelete

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/idlist"
)

// input is where the ids of a run come from. It is read twice: to check it, and to send
// it.
type input struct {
	name        string // for messages
	journalPath string // unless a flag names another
	file        *os.File
	snapshot    *snapshot // of the file
	open        bulk.Source
	close       func()
}

// is reports whether path names the file that the ids are in.
func (in *input) is(path string) bool {
	if in.file == nil {
		return false
	}
	named, err := os.Stat(path)
	opened, err2 := in.file.Stat()
	return err == nil && err2 == nil && os.SameFile(named, opened)
}

// openInput opens the ids of the command line, a file, or standard input, which is
// first copied beside the journal.
func (c *Command) openInput(ctx context.Context, stdin io.Reader) (*input, error) {
	switch c.File {
	case "":
		return inputOfArgs(c.ID, c.format().Rule())
	case "-":
		return c.inputOfStdin(command.InterruptibleReader(ctx, stdin))
	}
	switch info, err := os.Stat(c.File); {
	case err != nil:
		return nil, command.NewUsageError("--file "+c.File+": "+reason(err), "the name of a file with ids")
	case info.IsDir():
		return nil, command.NewUsageError("--file "+c.File+": is a folder", "the name of a file with ids")
	case !info.Mode().IsRegular():
		return nil, command.NewUsageError("--file "+c.File+": is not a regular file, and it is read twice",
			"--file - --journal FILE for a pipe")
	}
	return inputOfFile(c.File, c.File+".journal")
}

// inputOfFile opens the file once: what is sent is what was checked and confirmed, even
// if the name is given to another file meanwhile, or more is added to the file.
func inputOfFile(path, journalPath string) (*input, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, command.NewUsageError("--file "+path+": "+reason(err), "the name of a file with ids")
	}
	s := newSnapshot(path, file)
	return &input{
		name: path, journalPath: journalPath, file: file, snapshot: s,
		open:  s.open,
		close: func() { _ = file.Close() },
	}, nil
}

// inputOfArgs has no name to derive the journal's from; see [ownJournal].
func inputOfArgs(ids []string, rule *idlist.Rule) (*input, error) {
	for i, id := range ids {
		if err := checkNoFile(i+1, id); err != nil {
			return nil, err
		}
		if err := rule.Check(id); err != nil {
			return nil, command.NewUsageError(fmt.Sprintf("id %d %v", i+1, err),
				"the ids as Yuno returned them, separated by spaces")
		}
	}
	text := strings.Join(ids, "\n")
	return &input{
		name:  "command line",
		open:  func() (io.Reader, error) { return strings.NewReader(text), nil },
		close: func() {},
	}, nil
}

// checkNoFile rejects an id of the command line that is a file: --file was forgotten. It is
// the name of one that exists, or "-", which stands for standard input.
func checkNoFile(n int, id string) error {
	info, err := os.Stat(id)
	switch {
	case id == "-":
		return command.NewUsageError(fmt.Sprintf("id %d is a dash, which stands for standard input", n), "--file - --journal FILE")
	case err != nil || idlist.CustomerIDs.Check(id) != nil && !info.Mode().IsRegular():
		return nil
	case info.Mode().IsRegular():
		return command.NewUsageError(fmt.Sprintf("id %d is the name of a file in this folder", n),
			"--file "+id+" for the ids in it; for a customer with this id, run the command in another folder")
	}
	return command.NewUsageError(fmt.Sprintf("id %d is the name of a folder in this folder", n),
		"--file with the name of a file; for a customer with this id, run the command in another folder")
}

// scan reads and checks the whole input.
func (in *input) scan(ctx context.Context, f bulk.Format) (*bulk.List, error) {
	list, err := bulk.Scan(ctx, in.open, f)
	if err != nil {
		return nil, in.describe(err)
	}
	if list.Records == 0 {
		return nil, command.NewUsageError(in.name+": contains no id", "a file with ids")
	}
	if err := list.Reading.CheckName(in.name, strings.Join(list.First[:min(1, len(list.First))], "")); err != nil {
		return nil, in.describe(err)
	}
	return list, nil
}

// describe adds the input's name to an error of reading it. If the input has the wrong
// format, the error is a usage error.
func (in *input) describe(err error) error {
	var format *bulk.FormatError
	switch {
	case errors.As(err, &format) && format.Line > 0:
		return command.NewUsageError(fmt.Sprintf("%s:%d: %s", in.name, format.Line, format.Reason), format.Hint)
	case errors.As(err, &format):
		return command.NewUsageError(in.name+": "+format.Reason, format.Hint)
	case errors.Is(err, context.Canceled):
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}

// reason returns an error of the file system without the path, which may be that of a
// temporary file or not the name that the user gave.
func reason(err error) string {
	var failure *fs.PathError
	if errors.As(err, &failure) {
		return failure.Err.Error()
	}
	return err.Error()
}
