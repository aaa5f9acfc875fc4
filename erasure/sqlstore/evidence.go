package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/yuno-community/yuno-customers/erasure"
)

const evidenceColumns = `target_id, n, at, state, reason, status, attempt, note, verified`

// addEvidence writes the n-th change of a target. The caller has locked the target's
// row, so no other transaction uses the same n.
func addEvidence(ctx context.Context, tx *sql.Tx, targetID string, n int, e erasure.Evidence) error {
	_, err := tx.ExecContext(ctx,
		`INSERT INTO evidence (`+evidenceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		targetID, n, micros(e.At), e.State, e.Reason, e.Status, e.Attempt, e.Note, flag(e.Verified))
	return err
}

// noEarlier is the time in a parameter, or that of the target's last change if that was later:
// evidence does not go back in time. The clock of another process may be behind, and a
// sweep takes the time before it looks for targets.
func noEarlier(at string) string {
	return `CASE WHEN updated_at > ` + at + ` THEN updated_at ELSE ` + at + ` END`
}

// change is a change of a target whose evidence consists of columns of the changed row.
type change struct {
	update    string // changes the target whose id is $1
	returning string // columns of targets
	outcome   string // three expressions: reason, status and verified in the evidence
}

// evidence returns the statement that adds the evidence of the row in from.
func (c change) evidence(from string) string {
	return `INSERT INTO evidence (target_id, n, at, state, attempt, note, reason, status, verified)
		SELECT id, changes, updated_at, state, attempts, '', ` + c.outcome + ` FROM ` + from
}

// change makes one change in its own transaction. It returns sql.ErrNoRows if it finds
// no target to change.
func (s *Store) change(ctx context.Context, c change, args []any, dest ...any) error {
	if s.engine == PostgreSQL { // one statement needs no BEGIN and no COMMIT
		err := c.in(ctx, s.writer, s.engine, args, dest...)
		failure := (*pgconn.PgError)(nil)
		if !errors.As(err, &failure) || failure.Code != "40001" && failure.Code != codeReadOnly {
			return err
		}
		// Nothing was changed. Either the server's default isolation is stricter than
		// txOptions: use those. Or the session has become read-only: use another.
	}
	return s.writeTogether(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return c.in(ctx, tx, s.engine, args, dest...)
	})
}

// in makes the change, or returns sql.ErrNoRows. args starts with the target's id. On
// PostgreSQL it is one statement, because each statement is a round trip there.
func (c change) in(ctx context.Context, db querier, engine Engine, args []any, dest ...any) error {
	if engine == PostgreSQL {
		return db.QueryRowContext(ctx, `WITH changed AS (`+c.update+` RETURNING *), noted AS (`+c.evidence("changed")+`)
			SELECT `+c.returning+` FROM changed`, args...).Scan(dest...)
	}
	if err := db.QueryRowContext(ctx, c.update+` RETURNING `+c.returning, args...).Scan(dest...); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, c.evidence(`targets WHERE id = $1`), args[0])
	return err
}
