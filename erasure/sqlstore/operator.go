package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// The reasons in the evidence of an operator's changes.
const (
	reasonRetried  = "retried_by_operator"
	reasonResolved = "resolved_by_operator"
)

// reopen changes an open target back to pending, due at $2.
const reopen = `
UPDATE targets SET state = 'pending', reason = $3, status = 0, due_at = $2, updated_at = $2, changes = changes + 1
WHERE id = $1 AND state IN ('action_required', 'failed')
RETURNING provider, attempts, changes`

// Retry changes open targets (action_required or failed) back to pending, gives
// their erasures a new deadline, and enqueues the targets, all in one transaction.
// It changes all of the targets or none.
//
// The errors are [erasure.ErrNotFound] for an unknown target and
// [erasure.ErrNotOpen] for one in another state. Duplicate ids count once; without
// ids Retry does nothing.
func (s *Store) Retry(ctx context.Context, targetIDs []string, at, deadline time.Time, enqueue erasure.EnqueueFunc) error {
	if !storable(targetIDs...) {
		return erasure.ErrNotFound
	}
	ids := slices.Compact(slices.Sorted(slices.Values(targetIDs)))
	if len(ids) == 0 {
		return nil
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		erasures, err := s.lockErasuresOf(ctx, tx, ids)
		if err != nil {
			return err
		}
		var jobs []erasure.Job
		for _, id := range ids {
			job := erasure.Job{TargetID: id}
			var attempts, changes int
			err := tx.QueryRowContext(ctx, reopen, id, micros(at), reasonRetried).Scan(&job.Provider, &attempts, &changes)
			if errors.Is(err, sql.ErrNoRows) {
				return erasure.ErrNotOpen
			}
			if err != nil {
				return err
			}
			jobs = append(jobs, job)
			err = addEvidence(ctx, tx, id, changes,
				erasure.Evidence{At: at, State: erasure.TargetPending, Reason: reasonRetried, Attempt: attempts})
			if err != nil {
				return err
			}
		}
		for _, e := range erasures {
			if err := e.derive(ctx, tx, at); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE erasures SET deadline = $2 WHERE id = $1`, e.id, micros(deadline)); err != nil {
				return err
			}
		}
		return enqueue(ctx, tx, jobs)
	})
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	return nil
}

// lockErasuresOf locks the erasures of targets, ordered by erasure id.
func (s *Store) lockErasuresOf(ctx context.Context, tx *sql.Tx, targetIDs []string) ([]lockedErasure, error) {
	firstTarget := map[string]string{} // by erasure
	for _, id := range targetIDs {
		var erasureID string
		err := tx.QueryRowContext(ctx, `SELECT erasure_id FROM targets WHERE id = $1`, id).Scan(&erasureID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, erasure.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		firstTarget[erasureID] = id
	}
	var locked []lockedErasure
	for _, erasureID := range slices.Sorted(maps.Keys(firstTarget)) {
		e, err := s.lockErasureOf(ctx, tx, firstTarget[erasureID])
		if err != nil {
			return nil, err
		}
		locked = append(locked, e)
	}
	return locked, nil
}

// resolve closes an open target and destroys its references.
const resolve = `
UPDATE targets SET state = 'succeeded', reason = $3, status = 0, updated_at = $2, changes = changes + 1, key = NULL, refs = NULL
WHERE id = $1 AND state IN ('action_required', 'failed')
RETURNING attempts, changes`

// Resolve closes an open target (action_required or failed) that was deleted by
// hand: it becomes succeeded, and its references are destroyed. The note becomes
// evidence. The errors are those of [Store.Retry].
func (s *Store) Resolve(ctx context.Context, targetID, note string, at time.Time) error {
	if !storable(targetID) {
		return erasure.ErrNotFound
	}
	if !storable(note) {
		return errors.New("resolve: the note is not valid text")
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		e, err := s.lockErasureOf(ctx, tx, targetID)
		if err != nil {
			return err
		}
		var attempts, changes int
		err = tx.QueryRowContext(ctx, resolve, targetID, micros(at), reasonResolved).Scan(&attempts, &changes)
		if errors.Is(err, sql.ErrNoRows) {
			return erasure.ErrNotOpen
		}
		if err != nil {
			return err
		}
		err = addEvidence(ctx, tx, targetID, changes, erasure.Evidence{
			At: at, State: erasure.TargetSucceeded, Reason: reasonResolved, Attempt: attempts, Note: note,
		})
		if err != nil {
			return err
		}
		return e.derive(ctx, tx, at)
	})
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	s.requestTruncate()
	return nil
}
