package sqlstore

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const meaningLocked = "the database is locked by another process"

// explain adds to an error of SQLite what it means here. None of these errors
// holds values of a row: SQLite names columns only, and what PostgreSQL says of
// rows is in a detail that pgx does not print.
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
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		meaning = "the database file is damaged: stop, keep a copy, and restore a backup"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		meaning = "this user must be able to write the database file and its folder"
	case sqlite3.SQLITE_IOERR:
		meaning = "the disk failed or is full; nothing was changed"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", meaning, err)
}
