package bulkdelete

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// report is a file with the outcomes, in the format that its name chooses.
type report struct {
	path string
	file *command.PendingFile
}

// isPage reports whether the report is for people. Only its groups are known in the end.
func (r *report) isPage() bool {
	return slices.Contains([]string{".html", ".htm"}, strings.ToLower(filepath.Ext(r.path)))
}

func (r *report) format() bulk.ReportFormat {
	if slices.Contains([]string{".jsonl", ".ndjson", ".json"}, strings.ToLower(filepath.Ext(r.path))) {
		return bulk.ReportJSONL
	}
	return bulk.ReportCSV
}

// createReports opens the reports before anything is sent, so that a report that cannot be
// written is an error before the run and not after it. If it fails, it leaves nothing.
func (c *Command) createReports(in *input) (reports []*report, err error) {
	defer func() {
		if err != nil {
			for _, r := range reports {
				r.file.Discard()
			}
			reports = nil
		}
	}()
	for i, path := range c.Report {
		if path == "" {
			return reports, command.NewUsageError("--report wants a value", "the name of a file")
		}
		if slices.ContainsFunc(c.Report[:i], func(other string) bool { return filepath.Clean(other) == filepath.Clean(path) }) {
			return reports, command.NewUsageError("--report "+path+" is given twice", "each report once")
		}
		if in.is(path) {
			return reports, command.NewUsageError("--report is the input itself", "another name")
		}
		if err := checkReplaced(path, c.Resume, c.Overwrite); err != nil {
			return reports, err
		}
		file, err := command.CreateFile(path)
		if err != nil {
			return reports, unwritable(path, err)
		}
		reports = append(reports, &report{path, file})
	}
	return reports, nil
}

// checkReplaced rejects a report whose name is that of a file which may be wanted. Without
// --overwrite, that is every file but a report of the run that is resumed.
func checkReplaced(path string, resumed, overwrite bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unwritable(path, err)
	case !info.Mode().IsRegular():
		return command.NewUsageError("--report "+path+" is not a regular file", "the name of a file")
	case overwrite || info.Size() == 0:
		return nil
	}
	ours, err := isReport(path)
	switch {
	case err != nil:
		return unwritable(path, err)
	case !ours:
		return command.NewUsageError("--report "+path+": this file exists, and is no report of this program", "another name, or --overwrite to replace it")
	case !resumed: // a run that begins has no report yet
		return command.NewUsageError("--report "+path+": this file exists, and is the report of another run", "another name, or --overwrite to replace it")
	}
	return nil
}

// isReport reports whether a file begins as a report does, in any format.
func isReport(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	start, err := io.ReadAll(io.LimitReader(file, 1<<10))
	if err != nil {
		return false, err
	}
	line, _, _ := strings.Cut(string(start), "\n")
	// All columns after these two may differ between versions.
	return strings.HasPrefix(line, "id,outcome,") ||
		strings.HasPrefix(line, `{"id":"`) && (strings.Contains(line, `,"outcome":"`) || strings.Contains(line, `,"verified":"`)) ||
		strings.Contains(string(start), pageMarker), nil
}

// unwritable names the report as the user did: err has the name of a temporary file.
func unwritable(path string, err error) error {
	return command.NewUsageError("--report "+path+": "+reason(err), "a file that can be written")
}

// writeReports writes the reports. It reads the results once, and returns their groups,
// nil if they cannot be read or are not worth it.
func (d *deletion) writeReports() (sorted []group, err error) {
	if s := d.summary(); len(d.reports) == 0 && s.Failed+s.MaybeDeleted+s.NotFound+s.Invalid == 0 {
		return nil, nil
	}
	all, times := groups{}, new(period)
	lines, err := d.reportLines(func(r bulk.Result) { all.add(r); times.add(r.Time) })
	if err == nil {
		sorted = all.sorted(func(c cause) string { return d.to.hint(c.Outcome, c.Status, c.Code) })
	}
	for _, r := range d.reports {
		if err == nil && r.isPage() {
			err = writePage(r.file, d.page(sorted, *times))
		}
	}
	for _, flush := range lines {
		if err == nil {
			err = flush()
		}
	}
	for _, r := range d.reports {
		for _, step := range []func() error{r.file.Sync, func() error { return r.file.Commit(0o600) }} {
			if err == nil {
				err = step()
			}
		}
	}
	return sorted, d.reportError(err)
}

// reportLines writes a line of each result to the reports that have lines, and gives the
// result to count. What it returns completes the reports.
func (d *deletion) reportLines(count func(bulk.Result)) (complete []func() error, err error) {
	var writers []*bulk.ReportWriter
	for _, r := range d.reports {
		if r.isPage() {
			continue
		}
		out := bufio.NewWriterSize(r.file, 64<<10)
		w := bulk.NewReportWriter(out, r.format())
		w.MerchantIDs = d.look != nil
		writers = append(writers, w)
		complete = append(complete, w.Flush, out.Flush)
	}
	return complete, d.results(d.job.ReportResults, func(r bulk.Result) error {
		count(r)
		for _, w := range writers {
			if err := w.Write(r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *deletion) reportError(err error) error {
	names := strings.Join(d.Report, ", ")
	switch {
	case err == nil, len(d.reports) == 0: // the causes are a courtesy
		return nil
	case errors.Is(err, bulk.ErrAborted):
		return command.NewExitError(command.ExitInterrupted, "interrupted: the report "+names+" was not written")
	}
	return fmt.Errorf("writing the report %s: %w", names, err)
}
