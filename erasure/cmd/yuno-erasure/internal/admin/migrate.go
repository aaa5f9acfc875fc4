package admin

import (
	"context"
	"io"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

// MigrateCommand is the migrate subcommand. It locks an SQLite database.
type MigrateCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
}

// Help is shown by migrate --help.
func (MigrateCommand) Help() string {
	return `Creates the tables, including those of the job queue, or brings them up to date. Running it again changes nothing.

On PostgreSQL, run it after every update of this program and before serve, as a user that may change tables. Running it from several machines at once is safe. An SQLite file is created if there is none, with its master key; serve brings it up to date by itself.

Examples:

  yuno-erasure migrate --database 'postgres://erasure@db.internal/erasure?sslmode=verify-full'
  yuno-erasure migrate --database file:/var/lib/yuno-erasure/erasure.db`
}

// Run brings the schema up to date, including that of the queue.
func (c *MigrateCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	unlock, err := c.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.Flags.Migrate(ctx, stderr); err != nil {
		return err
	}
	return c.Print(stdout, map[string]any{"up_to_date": true}, "The schema is up to date.")
}
