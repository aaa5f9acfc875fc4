package admin

import (
	"context"
	"io"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/erasurelog"
	"github.com/yuno-community/yuno-customers/erasure/ops"
)

type erasuresExportCommand struct {
	database.Flags `embed:""`
	Since          string `help:"Only erasures that were accepted or changed at or after this time, such as 2026-11-01 or 2026-11-01T12:00:00Z. Default: all." placeholder:"TIME"`
	Output         string `help:"File to write, with mode 0600. Default: standard output." placeholder:"FILE" short:"o"`
}

// Help is shown by erasures export --help.
func (erasuresExportCommand) Help() string {
	return `Writes what was erased, one JSON line per erasure, for erasures apply to erase it again after a backup was restored. The lines contain account codes, customer ids, ids and states of erasures and targets, names of providers and times, and nothing else about a person. Each has a checksum over itself and the lines before it, and the last one says how many there are, so that a file which was changed or cut short is found.

serve --erasure-log FILE writes the same continuously. See docs/restore.md.

Examples:

  yuno-erasure erasures export --output erased.jsonl
  yuno-erasure erasures export --since 2026-11-01 --output erased-since-november.jsonl`
}

// Validate is called by the parser.
func (c *erasuresExportCommand) Validate() error {
	if _, err := ops.ParseTime("since", c.Since); err != nil {
		return err
	}
	return c.Flags.Validate()
}

// Run writes the export.
func (c *erasuresExportCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	position, err := store.LogPosition(ctx)
	if err != nil {
		return err
	}
	since, _ := ops.ParseTime("since", c.Since) // checked by Validate
	export := func(w io.Writer) error {
		e, err := erasurelog.NewExporter(w, position.Database, since, time.Now())
		if err == nil {
			err = store.Export(ctx, since, e.Add)
		}
		if err == nil {
			err = e.Close()
		}
		return err
	}
	if c.Output == "" {
		return export(stdout)
	}
	file, err := command.CreateFile(c.Output)
	if err != nil {
		return err
	}
	defer file.Discard()
	if err := export(file); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Commit(0o600)
}
