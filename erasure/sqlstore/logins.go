package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// BeginLogin logs an operator in, and returns the token, which is not stored. It also
// forgets logins and codes that have expired. The error is [erasure.ErrNotFound] if the
// operator is unknown or revoked.
func (s *Store) BeginLogin(ctx context.Context, operator string, at time.Time) (token string, err error) {
	token = rand.Text()
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := forgetExpired(ctx, tx, at); err != nil {
			return err
		}
		return insertFor(ctx, tx, `INSERT INTO logins (token_hash, operator, created_at, seen_at) SELECT $2, name, $3, $3`,
			operator, hashOf(token), micros(at))
	})
	if err != nil {
		return "", fmt.Errorf("log in: %w", err)
	}
	return token, nil
}

// insertFor runs an INSERT … SELECT for an operator ($1) who is not revoked.
func insertFor(ctx context.Context, tx *sql.Tx, insert, operator string, args ...any) error {
	if !storable(operator) {
		return erasure.ErrNotFound
	}
	inserted, err := changedOne(tx.ExecContext(ctx, insert+` FROM operators WHERE name = $1 AND revoked_at IS NULL`, append([]any{operator}, args...)...))
	if err == nil && !inserted {
		err = erasure.ErrNotFound
	}
	return err
}

func forgetExpired(ctx context.Context, tx *sql.Tx, at time.Time) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM logins WHERE created_at <= $1 OR seen_at <= $2`,
		micros(at.Add(-erasure.LoginLasts)), micros(at.Add(-erasure.LoginIdles)))
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM login_codes WHERE expires_at <= $1`, micros(at))
	}
	return err
}

// seenEvery is how often a login in use is written.
const seenEvery = time.Minute

// Login returns the login of a token, or [erasure.ErrNotFound] if there is none, or it has
// expired. seen says that a person asks, which prolongs it.
func (s *Store) Login(ctx context.Context, token string, at time.Time, seen bool) (l erasure.Login, err error) {
	var seenAt time.Time
	err = s.reader.QueryRowContext(ctx, `SELECT logins.created_at, seen_at, `+operatorColumns+`
FROM logins JOIN operators ON name = operator
WHERE token_hash = $1 AND revoked_at IS NULL AND logins.created_at > $2 AND seen_at > $3`,
		hashOf(token), micros(at.Add(-erasure.LoginLasts)), micros(at.Add(-erasure.LoginIdles))).
		Scan(append([]any{stamp{&l.CreatedAt}, stamp{&seenAt}}, operatorFields(&l.Operator)...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return erasure.Login{}, erasure.ErrNotFound
	}
	if err == nil && seen && at.Sub(seenAt) >= seenEvery {
		_, err = s.writer.ExecContext(ctx, `UPDATE logins SET seen_at = $2 WHERE token_hash = $1`, hashOf(token), micros(at))
	}
	if err != nil {
		return erasure.Login{}, fmt.Errorf("find a login: %w", explain(err))
	}
	return l, nil
}

// EndLogin ends a login. Ending none is no error.
func (s *Store) EndLogin(ctx context.Context, token string) error {
	_, err := s.writer.ExecContext(ctx, `DELETE FROM logins WHERE token_hash = $1`, hashOf(token))
	if err != nil {
		return fmt.Errorf("log out: %w", explain(err))
	}
	return nil
}

// NewLoginCode returns a code that logs an operator in once, within
// [erasure.LoginCodeLasts]. The error is [erasure.ErrNotFound] if the operator is unknown or
// revoked.
func (s *Store) NewLoginCode(ctx context.Context, operator string, at time.Time) (code string, err error) {
	code = rand.Text()
	err = s.write(ctx, func(tx *sql.Tx) error {
		return insertFor(ctx, tx, `INSERT INTO login_codes (code_hash, operator, expires_at) SELECT $2, name, $3`,
			operator, hashOf(code), micros(at.Add(erasure.LoginCodeLasts)))
	})
	if err != nil {
		return "", fmt.Errorf("make a login code: %w", err)
	}
	return code, nil
}

// UseLoginCode returns the operator of a code, which is invalid from then on. The error is
// [erasure.ErrNotFound] if it is so already, or never was one.
func (s *Store) UseLoginCode(ctx context.Context, code string, at time.Time) (operator string, err error) {
	err = s.writer.QueryRowContext(ctx, `DELETE FROM login_codes WHERE code_hash = $1 AND expires_at > $2 RETURNING operator`,
		hashOf(code), micros(at)).Scan(&operator)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", erasure.ErrNotFound
	case err != nil:
		return "", fmt.Errorf("use a login code: %w", explain(err))
	}
	return operator, nil
}
