package bulkdelete

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// createReport opens the report before anything is sent, so that a report that cannot
// be written is an error before the run and not after it. It returns nil without
// --report.
func (c *Command) createReport(in *input) (*command.PendingFile, error) {
	if c.Report == "" {
		return nil, nil
	}
	if in.is(c.Report) {
		return nil, command.NewUsageError("--report is the input itself", "another name")
	}
	info, err := os.Stat(c.Report)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, c.unwritable(err)
	case !info.Mode().IsRegular():
		return nil, command.NewUsageError("--report "+c.Report+" is not a regular file",
			"the name of a file, which is replaced if it exists")
	}
	file, err := command.CreateFile(c.Report)
	if err != nil {
		return nil, c.unwritable(err)
	}
	return file, nil
}

// unwritable names the report as the user did: err has the name of a temporary file.
func (c *Command) unwritable(err error) error {
	return command.NewUsageError("--report "+c.Report+": "+reason(err), "a file that can be written")
}

// writeReport writes the report, if there is to be one.
func (d *deletion) writeReport() error {
	if d.report == nil {
		return nil
	}
	format := bulk.ReportCSV
	if strings.HasSuffix(d.Report, ".jsonl") || strings.HasSuffix(d.Report, ".json") {
		format = bulk.ReportJSONL
	}
	out := bufio.NewWriterSize(d.report, 64<<10)
	err := d.job.WriteReport(out, format)
	for _, step := range []func() error{out.Flush, d.report.Sync, func() error { return d.report.Commit(0o600) }} {
		if err == nil {
			err = step()
		}
	}
	switch {
	case errors.Is(err, bulk.ErrAborted):
		return command.NewExitError(command.ExitInterrupted, "interrupted: the report "+d.Report+" was not written")
	case err != nil:
		return fmt.Errorf("writing the report %s: %w", d.Report, err)
	}
	return nil
}
