package sqlstore

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// CheckDSN returns an error if a database's address is malformed, or does not say
// whether to use TLS over a network. It opens nothing. The error repeats no part of a
// PostgreSQL address: in one that does not parse, the password cannot always be
// recognised.
func CheckDSN(dsn string) error {
	engine, _, err := parseDSN(dsn)
	if err != nil || engine == SQLite {
		return err
	}
	if _, err := url.Parse(dsn); err != nil {
		return errors.New("database: the postgres:// address is not a URL: write special characters in the user and the password as % and two digits (/ is %2F, @ is %40), or set the password with PGPASSWORD")
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return errors.New("database: PostgreSQL does not accept the postgres:// address: want postgres://USER@HOST:PORT/NAME?sslmode=verify-full, where PORT and the parameters are optional")
	}
	if err := checkTLS(cfg, dsn); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

var errTLSUnsaid = errors.New("the postgres:// address does not say whether to use TLS: add sslmode=verify-full (TLS, and the right server), sslmode=require (TLS, with any server) or sslmode=disable (everything in clear text), or set PGSSLMODE")

// checkTLS returns an error if a server on a network that refuses TLS would get
// everything in clear text because nobody has said what to do: PostgreSQL's default,
// sslmode=prefer, tries TLS and goes on without it.
func checkTLS(cfg *pgx.ConnConfig, dsn string) error {
	if os.Getenv("PGSSLMODE") != "" {
		return nil
	}
	if address, err := url.Parse(dsn); err == nil && address.Query().Get("sslmode") != "" {
		return nil
	}
	tried := false // TLS
	for _, c := range append([]*pgconn.FallbackConfig{{Host: cfg.Host, TLSConfig: cfg.TLSConfig}}, cfg.Fallbacks...) {
		network, _ := pgconn.NetworkAddress(c.Host, c.Port)
		switch {
		case network == "unix", wire.IsLoopback(c.Host):
		case c.TLSConfig != nil:
			tried = true
		case tried:
			return errTLSUnsaid
		}
	}
	return nil
}
