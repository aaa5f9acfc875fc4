package admin

import (
	"context"
	"io"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

type MigrateCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
}

// Help is shown by migrate --help.
func (MigrateCommand) Help() string {
	return `Creates the tables, those of the job queue included, or brings them up to date. Running it again does nothing.

On PostgreSQL run it before serve after every update of this program, as a user that may change tables; from several machines at once it is safe. An SQLite file is created if there is none, with its master key, and serve brings it up to date by itself.

Examples:

  yuno-erasure migrate --database postgres://erasure@db.internal/erasure
  yuno-erasure migrate --database file:/var/lib/yuno-erasure/erasure.db`
}

// Run brings the schema up to date, that of the queue included.
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
