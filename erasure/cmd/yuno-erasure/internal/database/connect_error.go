package database

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// onOneLine is an error of connecting to PostgreSQL with each thing said once. The
// driver gives a line to every way it tried, which is often the same twice.
func onOneLine(err error) error {
	var failed *pgconn.ConnectError
	if !errors.As(err, &failed) {
		return err
	}
	what, tried, _ := strings.Cut(err.Error(), "\n")
	var said []string
	for line := range strings.Lines(tried) {
		line = strings.TrimSpace(line)
		if !slices.ContainsFunc(said, func(earlier string) bool { return strings.Contains(earlier, line) }) {
			said = append(said, line)
		}
	}
	return &connectError{strings.TrimSpace(what + " " + strings.Join(said, "; ")), err}
}

type connectError struct {
	text  string
	cause error
}

func (e *connectError) Error() string { return e.text }
func (e *connectError) Unwrap() error { return e.cause }
