package sqlstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// credentialPrefix tells scanners for secrets what they have found.
const credentialPrefix = "yuno_ops_"

// ErrOperatorExists means that an operator of that name has a valid credential.
var ErrOperatorExists = errors.New("that operator exists already")

// AddOperator stores an operator, and returns the credential, which is not stored. The name
// of a revoked operator can be added again. The error is [ErrOperatorExists] for another.
func (s *Store) AddOperator(ctx context.Context, o erasure.Operator) (credential string, err error) {
	if err := erasure.CheckOperatorName(o.Name); err != nil {
		return "", fmt.Errorf("an operator's name %w", err)
	}
	credential = credentialPrefix + rand.Text()
	err = s.write(ctx, func(tx *sql.Tx) error {
		added, err := changedOne(tx.ExecContext(ctx, `
INSERT INTO operators (name, role, credential_hash, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET role = excluded.role, credential_hash = excluded.credential_hash,
    created_at = excluded.created_at, revoked_at = NULL
WHERE operators.revoked_at IS NOT NULL`, o.Name, o.Role, hashOf(credential), micros(o.CreatedAt)))
		if err == nil && !added {
			err = ErrOperatorExists
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, erasure.Action{At: o.CreatedAt, Kind: erasure.ActionAddOperator, Subject: o.Name, Note: string(o.Role)})
	})
	if err != nil {
		return "", fmt.Errorf("add operator: %w", err)
	}
	return credential, nil
}

// RevokeOperator makes an operator's credential invalid and ends all logins with it. The
// error is [erasure.ErrNotFound] if there is no operator of that name, or none any more.
func (s *Store) RevokeOperator(ctx context.Context, name string, at time.Time) error {
	if !storable(name) {
		return erasure.ErrNotFound
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		revoked, err := changedOne(tx.ExecContext(ctx,
			`UPDATE operators SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL`, name, micros(at)))
		if err == nil && !revoked {
			err = erasure.ErrNotFound
		}
		for _, table := range []string{"logins", "login_codes"} {
			if err == nil {
				_, err = tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE operator = $1`, name)
			}
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, erasure.Action{At: at, Kind: erasure.ActionRevokeOperator, Subject: name})
	})
	if err != nil {
		return fmt.Errorf("revoke operator: %w", err)
	}
	return nil
}

// ListOperators returns all operators, also revoked ones, ordered by name.
func (s *Store) ListOperators(ctx context.Context) (list []erasure.Operator, err error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT `+operatorColumns+` FROM operators ORDER BY name`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var o erasure.Operator
		err := rows.Scan(operatorFields(&o)...)
		list = append(list, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list operators: %w", explain(err))
	}
	return list, nil
}

const operatorColumns = `name, role, operators.created_at, revoked_at`

func operatorFields(o *erasure.Operator) []any {
	return []any{&o.Name, &o.Role, stamp{&o.CreatedAt}, stamp{&o.RevokedAt}}
}

// HasOperators reports whether any operator has a valid credential.
func (s *Store) HasOperators(ctx context.Context) (has bool, err error) {
	err = s.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM operators WHERE revoked_at IS NULL)`).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for operators: %w", explain(err))
	}
	return has, nil
}

// CheckCredential returns the operator of a name if the credential is valid, and else
// [erasure.ErrNotFound]. An unknown name takes as long as a wrong credential, but for the
// look-up.
func (s *Store) CheckCredential(ctx context.Context, name, credential string) (o erasure.Operator, err error) {
	if !storable(name) {
		name = ""
	}
	hash := make([]byte, sha256.Size)
	err = s.reader.QueryRowContext(ctx, `SELECT credential_hash, `+operatorColumns+` FROM operators WHERE name = $1`, name).
		Scan(append([]any{&hash}, operatorFields(&o)...)...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return erasure.Operator{}, fmt.Errorf("check a credential: %w", explain(err))
	}
	same := subtle.ConstantTimeCompare(hash, hashOf(credential)) == 1
	if err != nil || !same || !o.RevokedAt.IsZero() {
		return erasure.Operator{}, erasure.ErrNotFound
	}
	return o, nil
}

// hashOf returns the SHA-256 of a random secret.
func hashOf(secret string) []byte {
	hash := sha256.Sum256([]byte(secret))
	return hash[:]
}
