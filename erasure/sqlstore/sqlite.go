package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// busyTimeout is how long a statement waits while another process has the
// database locked.
const busyTimeout = 10 * time.Second

// sqliteURI returns the address of a database file with the settings that every
// connection has, in the form that modernc.org/sqlite takes.
func sqliteURI(path string, more url.Values) string {
	q := url.Values{
		"mode":          {"rw"}, // never create: see createSQLite
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_foreign_keys": {"1"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"}, // NORMAL may lose the last commits when power fails
		"_txlock":       {"immediate"},
		"_pragma": {
			"secure_delete(1)",
			"temp_store(MEMORY)", // nothing spills into files that nobody overwrites
			"cache_size(-65536)", // KiB
			"fullfsync(1)",       // macOS: fsync alone does not reach the disk
			"checkpoint_fullfsync(1)",
		},
	}
	for key, values := range more {
		q[key] = values
	}
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) + "?" + q.Encode()
}

// openSQLite opens one writing connection and a pool of reading ones.
func openSQLite(ctx context.Context, path string, maxReaders int) (writer, reader *sql.DB, err error) {
	if writer, err = openFile(ctx, path, nil, 1); err != nil {
		return nil, nil, err
	}
	reader, err = openFile(ctx, path, url.Values{"_query_only": {"1"}, "_txlock": {"deferred"}}, maxReaders)
	if err != nil {
		_ = writer.Close()
		return nil, nil, err
	}
	return writer, reader, nil
}

func openFile(ctx context.Context, path string, more url.Values, conns int) (*sql.DB, error) {
	connector, err := newStatementCache(sqliteURI(path, more))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	// Reading the header finds a file that is no database, or too short.
	if _, err := db.ExecContext(ctx, `SELECT count(*) FROM sqlite_master`); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// checkFile says what is wrong with a database file in plainer words than SQLite
// does, and creates one where none is if it may.
func checkFile(ctx context.Context, path string, create bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		return createSQLite(ctx, path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist: run migrate to create it", path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	case info.Size() == 0:
		// SQLite would take it for a new database, and every customer for unknown.
		return fmt.Errorf("%s is empty: it was truncated, or never was a database. Restore it from a backup, or remove it to start anew", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("the database file must be readable and writable: %w", err)
	}
	return file.Close()
}

// createSQLite makes a database with the current schema and the mode 0600. It
// appears under its name whole or not at all, so that an interrupted first start
// leaves nothing that looks like a damaged database; of several processes that
// create it at once, one wins.
func createSQLite(ctx context.Context, path string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(temp.Name() + suffix)
		}
	}()
	if err := temp.Close(); err != nil {
		return err
	}
	db, err := openFile(ctx, temp.Name(), nil, 1)
	if err != nil {
		return err
	}
	// Closing the last connection moves the log into the file and removes it.
	if err := errors.Join(migrate(ctx, SQLite, db), db.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create the database: %w", err)
	}
	return nil
}
