package sqlstore

import (
	"errors"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// CheckDSN returns an error if a database's address is malformed. It opens nothing. The
// error repeats no part of a PostgreSQL address: in one that does not parse, the
// password cannot always be recognised.
func CheckDSN(dsn string) error {
	engine, _, err := parseDSN(dsn)
	if err != nil || engine == SQLite {
		return err
	}
	if _, err := url.Parse(dsn); err != nil {
		return errors.New("database: the postgres:// address is not a URL: write special characters in the user and the password as % and two digits (/ is %2F, @ is %40), or set the password with PGPASSWORD")
	}
	if _, err := pgx.ParseConfig(dsn); err != nil {
		return errors.New("database: PostgreSQL does not accept the postgres:// address: want postgres://USER@HOST:PORT/NAME?sslmode=verify-full, where PORT and the parameters are optional")
	}
	return nil
}
