package admin

import (
	"context"
	"io"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
)

// CompactCommand is the compact subcommand.
type CompactCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	Full             bool `help:"Rewrite the tables of PostgreSQL or the file of SQLite, which gives unused space back to the disk. It locks them while it runs."`
}

// Help is shown by compact --help.
func (CompactCommand) Help() string {
	return `Removes what the database still contains of erased data: SQLite's write-ahead log and the copies of rows in the unused parts of its pages, PostgreSQL's dead rows. Erased data is ciphertext whose key was destroyed; this removes the ciphertext too. docs/architecture.md describes what remains in backups.

Examples:

  yuno-erasure compact
  yuno-erasure compact --full --database 'postgres://erasure@db.internal/erasure?sslmode=verify-full'`
}

// Run compacts the database.
func (c *CompactCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Compact(ctx, c.Full); err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	return c.Print(stdout, map[string]any{"compacted": true}, "Compacted.")
}
