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

	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// busyTimeout is how long a statement waits for another process's lock.
const busyTimeout = 10 * time.Second

// cacheSize is the size of the page cache of a connection, and readerCacheSize that of each
// of the many reading ones, in KiB. Every commit of another connection empties a cache, so a
// large one is of no use to readers, and sixteen of them would take a gigabyte.
const (
	cacheSize       = 64 << 10
	readerCacheSize = 4 << 10
)

// pragmas are the settings of a connection that the address has no parameter for.
func pragmas(cacheSize int) []string {
	return []string{
		"secure_delete(1)",
		"temp_store(MEMORY)", // temporary files would not be overwritten
		fmt.Sprintf("cache_size(-%d)", cacheSize),
		"fullfsync(1)", // macOS: fsync alone does not write to the disk
		"checkpoint_fullfsync(1)",
	}
}

// sqliteURI returns the address of a database file for modernc.org/sqlite, with the
// settings of every connection; more adds to them or replaces them.
func sqliteURI(path string, more url.Values) string {
	q := url.Values{
		"mode":          {"rw"}, // never create: see createSQLite
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_foreign_keys": {"1"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"}, // NORMAL may lose the last commits when power fails
		"_txlock":       {"immediate"},
		"_pragma":       pragmas(cacheSize),
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
	reader, err = openFile(ctx, path, url.Values{
		"_query_only": {"1"}, "_txlock": {"deferred"}, "_pragma": pragmas(readerCacheSize),
	}, maxReaders)
	if err != nil {
		_ = writer.Close()
		return nil, nil, err
	}
	return writer, reader, nil
}

// openFile opens a pool of connections to a file that exists.
func openFile(ctx context.Context, path string, more url.Values, conns int) (*sql.DB, error) {
	connector, err := newStatementCache(sqliteURI(path, more))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	// This reads the header, and fails for a file that is not a database or too short.
	if _, err := db.ExecContext(ctx, `SELECT count(*) FROM sqlite_master`); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// checkFile returns a clearer error for an unusable database file than SQLite does. If
// create is set, it creates a missing file.
func checkFile(ctx context.Context, path string, create bool) error {
	if err := checkLink(path); err != nil {
		return err
	}
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
		// SQLite would treat it as a new database, in which every customer is unknown.
		return fmt.Errorf("%s is empty: it was truncated, or never was a database. Restore it from a backup, or remove it to start with a new one", path)
	}
	if err := checkOwn(path, info); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("the database file must be readable and writable: %w", err)
	}
	return file.Close()
}

// checkLink rejects a symbolic link that another user made, and one to nothing.
func checkLink(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return nil // the caller looks at the file
	}
	if uid, foreign := ownfile.Foreign(info); foreign {
		return fmt.Errorf("%s is a symbolic link of user %d, who could change where it leads: name the file itself", path, uid)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is a symbolic link to a file that does not exist: restore that file, or remove the link", path)
	}
	return nil
}

// checkOwn rejects a database that other users may read or change. SQLite also takes over
// what it finds in the files beside the database, which anybody could have put there who can
// write to the folder: it commits a log and rolls back a journal.
func checkOwn(path string, info fs.FileInfo) error {
	if err := ownfile.Check(path, info, ownfile.NoAccess); err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	real, err := filepath.EvalSymlinks(path) // SQLite keeps them beside the file itself
	if err != nil {
		return err
	}
	for _, beside := range []string{real + "-wal", real + "-shm", real + "-journal"} {
		if err := ownfile.CheckNamed(beside, ownfile.NoAccess); err != nil {
			return fmt.Errorf("%s %w", beside, err)
		}
	}
	return nil
}

// createSQLite creates a database file with the current schema and mode 0600. The file
// appears under its name only when it is complete, so an interrupted first start leaves
// nothing that looks like a damaged database. If several processes create it at once,
// the first one's file is used.
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
	// Closing the last connection moves the log's content into the file.
	if err := errors.Join(migrate(ctx, SQLite, db), db.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create the database: %w", err)
	}
	return nil
}
