package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// minPostgreSQL is the oldest major version that this package supports.
const minPostgreSQL = 14

func openPostgreSQL(ctx context.Context, dsn string, maxConns int, watch *sessions) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(dsn) // its errors omit passwords
	if err != nil {
		return nil, err
	}
	if err := checkTLS(cfg, dsn); err != nil {
		return nil, err
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "yuno-erasure"
	}
	db := sql.OpenDB(watch.connector(cfg))
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour) // to notice a fail-over or a new address
	if err := checkServer(ctx, db); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// checkServer rejects servers that are too old or whose commits are not durable.
func checkServer(ctx context.Context, db *sql.DB) error {
	var version int
	var commit string
	err := db.QueryRowContext(ctx,
		`SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit')`).Scan(&version, &commit)
	switch {
	case err != nil:
		return err
	case version/10_000 < minPostgreSQL:
		return fmt.Errorf("PostgreSQL %d is too old: want %d or later", version/10_000, minPostgreSQL)
	case commit == "off":
		return errors.New("synchronous_commit is off for this user or database, so a crash could undo a delete after its 202 response: turn it on")
	}
	return nil
}

// checkWritable returns an error unless a new session can write. An older one may have
// been begun before a fail-over.
func (s *Store) checkWritable(ctx context.Context) error {
	if s.engine != PostgreSQL {
		return nil
	}
	readOnly, err := s.isReadOnly(ctx)
	if err == nil && readOnly {
		s.sessions.discard()
		readOnly, err = s.isReadOnly(ctx)
	}
	if err == nil && readOnly {
		err = errors.New("the database is read-only: this is a standby (target_session_attrs=read-write in the address finds the primary), or default_transaction_read_only is on")
	}
	return err
}

func (s *Store) isReadOnly(ctx context.Context) (readOnly bool, err error) {
	err = s.writer.QueryRowContext(ctx, `SELECT current_setting('transaction_read_only') = 'on'`).Scan(&readOnly)
	return readOnly, err
}
