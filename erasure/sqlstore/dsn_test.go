package sqlstore

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckDSN(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	for _, dsn := range []string{
		"file:erasure.db", "file:/var/lib/erasure.db",
		"postgres://erasure@db.internal/erasure?sslmode=require", "postgres://db.internal/x?sslmode=disable", "postgres://db.internal/x?sslmode=prefer",
		"postgres://db.internal/x?ssl=true", "postgres://LocalHost/x", "postgres://127.0.0.1:1/x", "postgres://[::1]/x", "postgres://localhost,127.0.0.2/x", "postgresql://u:hunter2@[::1]:5433/x?sslmode=verify-full", "postgres:///x?host=/run/postgresql",
	} {
		if err := CheckDSN(dsn); err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	for dsn, want := range map[string]string{
		"":                                 "want file:PATH",
		"erasure.db":                       "want file:PATH",
		"mysql://root:hunter2@host/x":      "want file:PATH",
		"file:":                            "needs the path",
		"file::memory:":                    "needs the path",
		"file:x.db?mode=ro":                "accepts a path only",
		"postgres://u:hunter2/x@host/x":    "is not a URL",
		"postgres://u:hunter2%zz@host/x":   "is not a URL",
		"postgres://u:a:hunter2@host:1x/x": "is not a URL",
		"postgres://u:hunter2@host/x?sslmode=maybe":               "does not accept the postgres:// address",
		"postgres://host/x?password=hunter2&connect_timeout=soon": "does not accept the postgres:// address",
		"postgres://u:hunter2 3@host/x":                           "",
		"postgres://u:hunter2@db.internal/x":                      "sslmode=verify-full",
		"postgresql://u:hunter2@10.0.0.1/x":                       "sslmode=require",
		"postgres://u:hunter2@db.internal/x?sslmode=":             "sslmode=disable",
		"postgres://u:hunter2@localhost,db.internal/x":            "does not say whether to use TLS",
		"postgres:///x?host=db.internal&password=hunter2":         "does not say whether to use TLS",
	} {
		err := CheckDSN(dsn)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", dsn, err, want)
		}
	}
}

// PostgreSQL's own variable says what to do as well as the address does.
func TestTLSFromTheEnvironment(t *testing.T) {
	t.Setenv("PGSSLMODE", "prefer")
	if err := CheckDSN("postgres://db.internal/x"); err != nil {
		t.Error(err)
	}
}

// A caller that opens a database without a check of its address gets the same error.
func TestOpenSaysWhetherToUseTLS(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	_, err := openPostgreSQL(t.Context(), "postgres://u:hunter2@db.invalid/x", 2, nil)
	if !errors.Is(err, errTLSUnsaid) {
		t.Errorf("got %v, want %v", err, errTLSUnsaid)
	}
}
