package sqlstore

import (
	"strings"
	"testing"
)

func TestCheckDSN(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"file:erasure.db", "file:/var/lib/erasure.db",
		"postgres://erasure@db.internal/erasure", "postgresql://u:hunter2@[::1]:5433/x?sslmode=verify-full", "postgres:///x?host=/run/postgresql",
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
	} {
		err := CheckDSN(dsn)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", dsn, err, want)
		}
	}
}
