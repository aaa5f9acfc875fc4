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

// ErrSchema: the database's schema is not this program's.
var ErrSchema = errors.New("database schema")

//go:embed migrations/*.sql
var migrationFiles embed.FS

// versionTable is where goose notes which of our migrations have run. River keeps
// its own list, in its own table.
const versionTable = "erasure_schema"

// migrationLock is an arbitrary number that PostgreSQL's advisory lock goes by.
const migrationLock = 0x79756e6f // "yuno"

// Migrate brings the schema of a database up to date: our tables and the job
// queue's. A SQLite file that does not exist is created. Running it again, or
// from several machines at once, is safe. Old servers may go on running
// meanwhile only if the release notes say so.
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

// lockMigrations keeps other machines from migrating the same database meanwhile.
// SQLite has no such lock, and one machine: its file is created whole, and of two
// processes that apply a later migration at once, one fails and changes nothing.
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

// queueMigrator is River's own. It logs each step to standard output by default.
func queueMigrator(engine Engine, db *sql.DB) (*rivermigrate.Migrator[*sql.Tx], error) {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(db)
	if engine == PostgreSQL {
		driver = riverdatabasesql.New(db)
	}
	return rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// versions are those of our tables and of the job queue's.
type versions struct{ ours, queue int64 }

// programVersions are those that this program was built with.
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

// databaseVersions are those that the database has; 0 where nothing ran yet.
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

// newerError: a later release of this program has migrated the database. Nothing
// that this one does to it can be known to be right.
type newerError struct{ versions }

func (e *newerError) Error() string {
	return fmt.Sprintf("%v is newer than this program (tables %d, queue %d): run the release that migrated it, or a later one",
		ErrSchema, e.ours, e.queue)
}

func (e *newerError) Unwrap() error { return ErrSchema }

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
