package sqlstore

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// meaningLocked is also part of errNoTurn.
const meaningLocked = "the database is locked by another process"

// isBusy reports whether SQLite gave up waiting for another writer. Nothing was changed.
func isBusy(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_BUSY
}

// explain adds the meaning of an SQLite error for the operator. Database errors contain
// no values of rows: SQLite names only columns, and PostgreSQL puts values into a detail
// that pgx does not print.
func explain(err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return err
	}
	var meaning string
	switch failure.Code() & 0xff { // the primary code of an extended one
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		meaning = meaningLocked
	case sqlite3.SQLITE_FULL:
		meaning = "the disk is full; nothing was changed"
	case sqlite3.SQLITE_NOTADB:
		meaning = "this is no SQLite database, or its beginning is damaged: check the path, or restore a backup"
	case sqlite3.SQLITE_CORRUPT:
		meaning = "the database file is damaged: stop, keep a copy, and restore a backup"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		meaning = "this user needs write access to the database file and its folder"
	case sqlite3.SQLITE_IOERR:
		meaning = "the disk failed or is full; nothing was changed"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", meaning, err)
}
