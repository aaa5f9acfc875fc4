package bulkdelete

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
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

// openInput makes the ids readable: those of the command line, a file, or standard
// input, which is first copied beside the journal.
func (c *Command) openInput(ctx context.Context, stdin io.Reader) (*batchInput, error) {
	switch c.File {
	case "":
		in, err := inputOfArgs(c.ID)
		if err == nil {
			in.again = c.Journal != ""
		}
		return in, err
	case "-":
		return c.inputOfStdin(command.InterruptibleReader(ctx, stdin))
	}
	switch info, err := os.Stat(c.File); {
	case err != nil:
		return nil, command.NewUsageError("--file "+c.File+": "+reason(err), "the name of a file with ids")
	case info.IsDir():
		return nil, command.NewUsageError("--file "+c.File+": is a folder", "the name of a file with ids")
	case !info.Mode().IsRegular():
		return nil, command.NewUsageError("--file "+c.File+": is not a regular file, and it is read twice", "--file - --journal FILE for a pipe")
	}
	return inputOfFile(c.File, c.File+".journal")
}

// inputOfFile opens the file once: what is sent is what was checked and
// confirmed, even if another file takes its name meanwhile.
func inputOfFile(path, journalPath string) (*batchInput, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, command.NewUsageError("--file "+path+": "+reason(err), "the name of a file with ids")
	}
	first, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &batchInput{
		name: path, journalPath: journalPath, again: true, file: file,
		open: func() (io.Reader, error) {
			_, err := file.Seek(0, io.SeekStart)
			return unchanged{file, first}, err
		},
		close: func() { _ = file.Close() },
	}, nil
}

// unchanged reads a file for as long as it is the one that was checked.
type unchanged struct {
	file  *os.File
	first fs.FileInfo
}

// Read implements [io.Reader]. It looks after it has read: nothing is handed on
// that came from a later content.
func (u unchanged) Read(p []byte) (int, error) {
	n, err := u.file.Read(p)
	now, statErr := u.file.Stat()
	switch {
	case statErr != nil:
		return 0, statErr
	case now.Size() != u.first.Size() || !now.ModTime().Equal(u.first.ModTime()):
		return 0, fmt.Errorf("%s was changed after it was checked: no more of it is sent", u.file.Name())
	}
	return n, err
}

// inputOfArgs keeps the journal in a temporary folder: for a handful of ids the
// answer on the screen is the record.
func inputOfArgs(ids []string) (*batchInput, error) {
	for i, id := range ids {
		if err := cmp.Or(client.CheckCustomerID(id), bulk.CheckID(id)); err != nil {
			return nil, command.NewUsageError(fmt.Sprintf("id %d: %v", i+1, err), "the ids as Yuno gave them, separated by spaces")
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
func (c *Command) inputOfStdin(stdin io.Reader) (*batchInput, error) {
	path := c.Journal + ".input"
	begun := func() bool { _, err := os.Stat(c.Journal); return err == nil }
	belongs := command.NewUsageError(path+" belongs to an earlier run", "--resume to go on with that; to begin anew, another --journal")
	_, err := os.Stat(path)
	there := err == nil
	switch {
	case c.Resume && there:
		return inputOfFile(path, "")
	case c.Resume:
		return nil, command.NewUsageError(path+", the copy of standard input that the run was made from, is not there", "the same without --resume")
	case c.DryRun:
		dir, err := os.MkdirTemp("", "yuno-erasure-delete-")
		if err != nil {
			return nil, err
		}
		return copyOf(stdin, filepath.Join(dir, "input"), func() error { return nil }, func() { _ = os.RemoveAll(dir) })
	case there && begun():
		return nil, belongs
	}
	free := func() error {
		if begun() { // while standard input was read, by another run
			return belongs
		}
		return nil
	}
	return copyOf(stdin, path, free, func() {
		if !begun() {
			_ = os.Remove(path)
		}
	})
}

// copyOf is standard input, copied to a file. free says whether there can be a file
// of that name, when all is read; discard is called in the end.
func copyOf(stdin io.Reader, path string, free func() error, discard func()) (*batchInput, error) {
	in, err := func() (*batchInput, error) {
		file, err := command.CreateFile(path)
		if err != nil {
			return nil, err
		}
		defer file.Discard()
		if _, err := io.Copy(file, stdin); err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		if err := free(); err != nil {
			return nil, err
		}
		// A journal that survives a power cut is nothing without it.
		if err := errors.Join(file.Sync(), file.Commit(0o600)); err != nil {
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

// scan reads and checks the whole input.
func (in *batchInput) scan(ctx context.Context, f bulk.Format) (*bulk.List, error) {
	list, err := bulk.Scan(ctx, in.open, f, client.CheckCustomerID)
	if err != nil {
		return nil, in.fault(err)
	}
	if hint := in.formatOfName(); hint != "" && f == (bulk.Format{}) {
		return nil, command.NewUsageError(in.name+": does not look like a plain list of ids, judging by its name", hint+", or a name that ends in .txt")
	}
	if list.Records == 0 {
		return nil, command.NewUsageError(in.name+": there is no id in it", "a file with ids")
	}
	return list, nil
}

// formatOfName returns the flags for the format that the name of the input promises, or
// "" for one id per line.
func (in *batchInput) formatOfName() (hint string) {
	switch strings.ToLower(filepath.Ext(in.name)) {
	case ".csv":
		return "--column NAME"
	case ".tsv":
		return "CSV, separated by commas, and --column NAME"
	case ".jsonl", ".ndjson":
		return "--field NAME"
	case ".json":
		return "JSONL, an object on each line, and --field NAME"
	}
	return ""
}

// fault is an error of reading the input. If the input is to blame, that is a mistake
// in how the command was called.
func (in *batchInput) fault(err error) error {
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

// reason is an error of the file system without the path: who reads it knows another
// name of it.
func reason(err error) string {
	var failure *fs.PathError
	if errors.As(err, &failure) {
		return failure.Err.Error()
	}
	return err.Error()
}
