package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

const accountColumns = `code, public_key, secret_hash, created_at, revoked_at`

func scanAccount(row interface{ Scan(...any) error }) (a erasure.Account, err error) {
	var hash []byte
	if err := row.Scan(&a.Code, &a.PublicKey, &hash, stamp{&a.CreatedAt}, stamp{&a.RevokedAt}); err != nil {
		return erasure.Account{}, err
	}
	if len(hash) != sha256.Size {
		return erasure.Account{}, errors.New("an account's secret hash does not have 32 bytes")
	}
	a.SecretHash = [sha256.Size]byte(hash)
	return a, nil
}

// CreateAccount stores an account. It is an error if the code or the public key
// exists already.
func (s *Store) CreateAccount(ctx context.Context, a erasure.Account) error {
	if !storable(a.Code, a.PublicKey) {
		return errors.New("create account: the code or public key is not text")
	}
	action := erasure.Action{At: a.CreatedAt, Kind: erasure.ActionCreateAccount, Subject: a.Code}
	return s.changeAccount(ctx, "create account", action, errAccountExists,
		`INSERT INTO accounts (`+accountColumns+`) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		a.Code, a.PublicKey, a.SecretHash[:], micros(a.CreatedAt), micros(a.RevokedAt))
}

// ListAccounts returns all accounts, ordered by code.
func (s *Store) ListAccounts(ctx context.Context) ([]erasure.Account, error) {
	var accounts []erasure.Account
	rows, err := s.reader.QueryContext(ctx, `SELECT `+accountColumns+` FROM accounts ORDER BY code`)
	err = each(rows, err, func(rows *sql.Rows) error {
		a, err := scanAccount(rows)
		accounts = append(accounts, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", explain(err))
	}
	return accounts, nil
}

// AccountByPublicKey returns the account with that public key, revoked or not, or
// [erasure.ErrNotFound].
func (s *Store) AccountByPublicKey(ctx context.Context, publicKey string) (erasure.Account, error) {
	if !storable(publicKey) {
		return erasure.Account{}, erasure.ErrNotFound
	}
	a, err := scanAccount(s.reader.QueryRowContext(ctx,
		`SELECT `+accountColumns+` FROM accounts WHERE public_key = $1`, publicKey))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return erasure.Account{}, erasure.ErrNotFound
	case err != nil:
		return erasure.Account{}, fmt.Errorf("find account: %w", explain(err))
	}
	return a, nil
}

// ReplaceKeys gives an account a different key pair. The old one is invalid from
// then on, and an account that was revoked has valid keys again. The error is
// [erasure.ErrNotFound] if there is no such account.
func (s *Store) ReplaceKeys(ctx context.Context, code, publicKey string, secretHash [32]byte, at time.Time) error {
	if !storable(publicKey) {
		return errors.New("replace keys: the public key is not text")
	}
	if !storable(code) {
		return erasure.ErrNotFound
	}
	return s.changeAccount(ctx, "replace keys", erasure.Action{At: at, Kind: erasure.ActionRotateAccount, Subject: code}, erasure.ErrNotFound,
		`UPDATE accounts SET public_key = $2, secret_hash = $3, revoked_at = NULL WHERE code = $1`, code, publicKey, secretHash[:])
}

// RevokeAccount revokes the account's keys from now on. For an account that is
// revoked already it keeps the first time. The error is [erasure.ErrNotFound] if
// there is no such account.
func (s *Store) RevokeAccount(ctx context.Context, code string, at time.Time) error {
	if !storable(code) {
		return erasure.ErrNotFound
	}
	return s.changeAccount(ctx, "revoke account", erasure.Action{At: at, Kind: erasure.ActionRevokeAccount, Subject: code}, erasure.ErrNotFound,
		`UPDATE accounts SET revoked_at = coalesce(revoked_at, $2) WHERE code = $1`, code, micros(at))
}

var errAccountExists = errors.New("create account: that code or public key already exists")

// changeAccount changes one account and records that, or returns unchanged.
func (s *Store) changeAccount(ctx context.Context, what string, action erasure.Action, unchanged error, query string, args ...any) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		changed, err := changedOne(tx.ExecContext(ctx, query, args...))
		if err == nil && !changed {
			err = unchanged
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, action)
	})
	if err != nil && !errors.Is(err, unchanged) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return err
}
