package database

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// onOneLine returns an error of connecting to PostgreSQL on one line, without
// repetitions. The driver writes one line per address it tried, often the same text.
func onOneLine(err error) error {
	var failed *pgconn.ConnectError
	if !errors.As(err, &failed) {
		return err
	}
	what, attempts, _ := strings.Cut(err.Error(), "\n")
	var distinct []string
	for line := range strings.Lines(attempts) {
		line = strings.TrimSpace(line)
		if !slices.ContainsFunc(distinct, func(earlier string) bool { return strings.Contains(earlier, line) }) {
			distinct = append(distinct, line)
		}
	}
	return &connectError{strings.TrimSpace(what + " " + strings.Join(distinct, "; ")), err}
}

// connectError replaces the text of its cause.
type connectError struct {
	text  string
	cause error
}

func (e *connectError) Error() string { return e.text }
func (e *connectError) Unwrap() error { return e.cause }
