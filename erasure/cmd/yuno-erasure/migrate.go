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
	return "Run it before serve after every update of this program, with the rights to change tables. An SQLite file is brought up to date by whatever opens it."
}

// Run brings the schema up to date, that of the queue included.
func (c *migrateCommand) Run(ctx context.Context, stdout io.Writer) error {
	if err := sqlstore.Migrate(ctx, c.Database); err != nil {
		return err
	}
	return c.say(stdout, map[string]any{"up_to_date": true}, "The schema is up to date.")
}

type compactCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Full          bool `help:"On PostgreSQL, rewrite the tables (VACUUM FULL). It locks them while it runs."`
}

// Help is shown by compact --help.
func (compactCommand) Help() string {
	return "Removes what the database keeps of erased data: SQLite's write-ahead log, PostgreSQL's dead rows. What is erased is ciphertext whose key is destroyed; this removes the ciphertext too. docs/architecture.md says what remains in backups."
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
