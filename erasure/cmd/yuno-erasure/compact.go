package main

import (
	"context"
	"io"
)

type compactCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Full          bool `help:"On PostgreSQL, rewrite the tables (VACUUM FULL). It locks them while it runs."`
}

// Help is shown by compact --help.
func (compactCommand) Help() string {
	return `Removes what the database keeps of erased data: SQLite's write-ahead log, PostgreSQL's dead rows. What is erased is ciphertext whose key is destroyed; this removes the ciphertext too. docs/architecture.md says what remains in backups.

Examples:

  yuno-erasure compact
  yuno-erasure compact --full --database postgres://erasure@db.internal/erasure`
}

// Run compacts the database.
func (c *compactCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	store, err := c.open(ctx, stderr)
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
	return c.say(stdout, map[string]any{"compacted": true}, "Compacted.")
}
