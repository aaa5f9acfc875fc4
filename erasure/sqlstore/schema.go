package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// ErrSchema means that the database's schema is older or newer than this program's.
var ErrSchema = errors.New("database schema")

//go:embed migrations/*.sql
var migrationFiles embed.FS

// versionTable lists which of our migrations have run, for goose. River has its own
// migrations and its own table.
const versionTable = "erasure_schema"

// migrationLock is the arbitrary number of PostgreSQL's advisory lock.
const migrationLock = 0x79756e6f // "yuno"

// Migrate updates the schema of a database: our tables and those of the job queue. It
// creates a missing SQLite file. It is safe to run it repeatedly, and on several machines
// at once. Older servers may keep running only if the release notes say so.
func Migrate(ctx context.Context, dsn string) error {
	s, err := connect(ctx, dsn, Options{Migrate: true, MaxConns: 2})
	if err != nil {
		return fmt.Errorf("migrate: %w", explain(err))
	}
	err = migrate(ctx, s.engine, s.writer)
	if err = errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("migrate: %w", explain(err))
	}
	return nil
}

func migrate(ctx context.Context, engine Engine, db *sql.DB) error {
	if err := checkSchema(ctx, engine, db); err == nil || errors.As(err, new(*newerError)) {
		return err
	}
	unlock, err := lockMigrations(ctx, engine, db)
	if err != nil {
		return err
	}
	defer unlock()
	ours, err := newGoose(engine, db)
	if err != nil {
		return err
	}
	if _, err := ours.Up(ctx); err != nil {
		return err
	}
	queue, err := queueMigrator(engine, db)
	if err != nil {
		return err
	}
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	return checkSchema(ctx, engine, db)
}

// lockMigrations prevents other machines from migrating the same database at the same
// time. SQLite has no such lock and needs none: a new file appears complete, and if two
// processes apply a later migration at once, one of them fails and changes nothing.
func lockMigrations(ctx context.Context, engine Engine, db *sql.DB) (unlock func(), err error) {
	if engine != PostgreSQL {
		return func() {}, nil
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrationLock)
		_ = conn.Close()
	}, nil
}

func newGoose(engine Engine, db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(engine.goose(), db, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
}

// queueMigrator returns River's migrator, without its default of logging each step to
// standard output.
func queueMigrator(engine Engine, db *sql.DB) (*rivermigrate.Migrator[*sql.Tx], error) {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(db)
	if engine == PostgreSQL {
		driver = riverdatabasesql.New(db)
	}
	return rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// versions are the schema versions of our tables and of the job queue.
type versions struct{ ours, queue int64 }

// programVersions returns the latest versions that this program knows.
func programVersions(engine Engine, db *sql.DB) (v versions, err error) {
	ours, err := newGoose(engine, db)
	if err != nil {
		return v, err
	}
	queue, err := queueMigrator(engine, db)
	if err != nil {
		return v, err
	}
	for _, source := range ours.ListSources() {
		v.ours = max(v.ours, source.Version)
	}
	for _, migration := range queue.AllVersions() {
		v.queue = max(v.queue, int64(migration.Version))
	}
	return v, nil
}

// databaseVersions returns the versions of a database; 0 before the first migration.
func databaseVersions(ctx context.Context, engine Engine, db querier) (v versions, err error) {
	for _, table := range []struct {
		name, query string
		version     *int64
	}{
		{versionTable, `SELECT coalesce(max(version_id), 0) FROM ` + versionTable, &v.ours},
		{"river_migration", `SELECT coalesce(max(version), 0) FROM river_migration WHERE line = 'main'`, &v.queue},
	} {
		var exists bool
		if err := db.QueryRowContext(ctx, engine.tableExists(), table.name).Scan(&exists); err != nil {
			return v, err
		}
		if !exists {
			continue
		}
		if err := db.QueryRowContext(ctx, table.query).Scan(table.version); err != nil {
			return v, err
		}
	}
	return v, nil
}

// newerError means that a later release of this program has migrated the database. This
// release cannot know that its changes to it would be right.
type newerError struct{ versions }

func (e *newerError) Error() string {
	return fmt.Sprintf("%v is newer than this program (tables %d, queue %d): run the release that migrated it, or a later one",
		ErrSchema, e.ours, e.queue)
}

func (e *newerError) Unwrap() error { return ErrSchema }

// checkSchema returns an error unless the database has this program's versions.
func checkSchema(ctx context.Context, engine Engine, db *sql.DB) error {
	want, err := programVersions(engine, db)
	if err != nil {
		return err
	}
	got, err := databaseVersions(ctx, engine, db)
	switch {
	case err != nil:
		return err
	case got.ours > want.ours || got.queue > want.queue:
		return &newerError{got}
	case got != want:
		return fmt.Errorf("%w is older than this program (tables %d of %d, queue %d of %d): run migrate",
			ErrSchema, got.ours, want.ours, got.queue, want.queue)
	}
	return nil
}
