package main

import (
	"context"
	"io"

	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type migrateCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
}

// Help is shown by migrate --help.
func (migrateCommand) Help() string {
	return `Creates the tables, those of the job queue included, or brings them up to date. Running it again does nothing.

On PostgreSQL run it before serve after every update of this program, as a user that may change tables; from several machines at once it is safe. An SQLite file is created if there is none, with its master key, and serve brings it up to date by itself.

Examples:

  yuno-erasure migrate --database postgres://erasure@db.internal/erasure
  yuno-erasure migrate --database file:/var/lib/yuno-erasure/erasure.db`
}

// Run brings the schema up to date, that of the queue included.
func (c *migrateCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.migrate(ctx, stderr); err != nil {
		return err
	}
	return c.say(stdout, map[string]any{"up_to_date": true}, "The schema is up to date.")
}

func (c *migrateCommand) migrate(ctx context.Context, stderr errorWriter) error {
	if c.file() == "" {
		return onOneLine(sqlstore.Migrate(ctx, c.Database)) // needs no master key
	}
	store, err := c.openCurrent(ctx, stderr)
	if err != nil {
		return err
	}
	return store.Close()
}
