package sqlstore

import (
	"errors"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// CheckDSN reports what is wrong with the form of a database's address, without
// opening anything. Its errors repeat nothing of an address of PostgreSQL, whose
// password cannot always be told apart in one that does not parse.
func CheckDSN(dsn string) error {
	engine, _, err := parseDSN(dsn)
	if err != nil || engine == SQLite {
		return err
	}
	if _, err := url.Parse(dsn); err != nil {
		return errors.New("database: the postgres:// address is not a URL: write special characters of the user and the password as % and two digits (/ is %2F, @ is %40), or leave the password to PGPASSWORD")
	}
	if _, err := pgx.ParseConfig(dsn); err != nil {
		return errors.New("database: the postgres:// address is not one that PostgreSQL understands: want postgres://USER@HOST:PORT/NAME?sslmode=verify-full or less of it")
	}
	return nil
}
