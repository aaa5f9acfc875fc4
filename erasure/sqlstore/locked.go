package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// lockedErasure is an erasure whose row this transaction has locked. A transaction that
// changes the state of a target must lock its erasure first. When two targets finish at
// once, the second transaction then sees the first one's change as it derives the
// erasure's state.
type lockedErasure struct {
	id    string
	state erasure.ErasureState
	// acceptedAt is when the delete was accepted.
	acceptedAt time.Time
	// logged reports whether the erasure log has the latest change.
	logged bool
}

// lockErasureOf locks the erasure of a target, or returns ErrNotFound.
func (s *Store) lockErasureOf(ctx context.Context, tx *sql.Tx, targetID string) (e lockedErasure, err error) {
	var mode string // see genericPlans
	err = tx.QueryRowContext(ctx,
		`SELECT erasures.id, erasures.state, erasures.accepted_at, erasures.logged IS NOT NULL, `+s.engine.genericPlans()+` FROM targets JOIN erasures ON erasures.id = targets.erasure_id
		WHERE targets.id = $1`+s.engine.forUpdate("erasures"), targetID).Scan(&e.id, &e.state, stamp{&e.acceptedAt}, &e.logged, &mode)
	if errors.Is(err, sql.ErrNoRows) {
		err = erasure.ErrNotFound
	}
	return e, err
}

// derive updates the erasure's state from the states of its targets, of which one has
// changed.
func (e lockedErasure) derive(ctx context.Context, tx *sql.Tx, at time.Time) error {
	targets, err := e.targets(ctx, tx)
	if err != nil {
		return err
	}
	return e.become(ctx, tx, erasure.ErasureStateOf(targets), at)
}

// targets returns the states of the erasure's targets.
func (e lockedErasure) targets(ctx context.Context, tx *sql.Tx) (states []erasure.TargetState, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT state FROM targets WHERE erasure_id = $1`, e.id)
	err = each(rows, err, func(rows *sql.Rows) error {
		var state erasure.TargetState
		err := rows.Scan(&state)
		states = append(states, state)
		return err
	})
	return states, err
}

// become gives the erasure the state that follows from its targets. The erasure log gets the
// change of a target even if that state is the same.
func (e lockedErasure) become(ctx context.Context, tx *sql.Tx, state erasure.ErasureState, at time.Time) (err error) {
	if state == e.state {
		if e.logged {
			_, err = tx.ExecContext(ctx, `UPDATE erasures SET logged = NULL WHERE id = $1`, e.id)
		}
		return err
	}
	if state == erasure.ErasureInProgress {
		at = time.Time{}
	}
	_, err = tx.ExecContext(ctx, `UPDATE erasures SET state = $2, final_at = $3, logged = NULL WHERE id = $1`, e.id, state, micros(at))
	return err
}
