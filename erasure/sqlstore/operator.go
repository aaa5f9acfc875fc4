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

// reasonResolved is the reason in the evidence of Resolve.
const reasonResolved = "resolved_by_operator"

// retry changes an open target back to pending, due at $2, with a deadline of its own
// ($3). Its doubts start again.
var retry = change{
	update: `
UPDATE targets
SET state = 'pending', reason = 'retried_by_operator', status = 0, due_at = $2, updated_at = ` + noEarlier(`$2`) + `, changes = changes + 1,
    granted_until = $3, concern = '', concern_since = NULL, concern_count = 0, taken_back = 0
WHERE id = $1 AND state IN ('action_required', 'failed')`,
	returning: `provider`,
	outcome:   `reason, 0, 0`,
}

// Retry changes open targets (action_required or failed) back to pending and enqueues
// them, all in one transaction. They get a deadline of their own; that of the erasure
// does not move. It changes all of the targets or none.
//
// The errors are [erasure.ErrNotFound] for an unknown target and
// [erasure.ErrNotOpen] for one in another state. Duplicate ids count once; without
// ids Retry does nothing.
func (s *Store) Retry(ctx context.Context, targetIDs []string, at, deadline time.Time, enqueue erasure.EnqueueFunc) error {
	if !storable(targetIDs...) {
		return erasure.ErrNotFound
	}
	err := s.moveAll(ctx, retry, erasure.ActionRetry, targetIDs, []any{micros(at), micros(deadline)}, at, erasure.ErrNotOpen, enqueue)
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	return nil
}

// reopen changes a target that ended well back to pending, due at $2, with a deadline of
// its own ($3) and its references as they were at first. What earlier attempts did
// proves nothing any more.
var reopen = change{
	update: `
UPDATE targets
SET state = 'pending', reason = 'reopened_by_operator', status = 0, due_at = $2, updated_at = ` + noEarlier(`$2`) + `, changes = changes + 1,
    granted_until = $3, verified = 0, lost = 0, purge_at = NULL, taken_back = 0,
    key = coalesce(first_key, key), refs = coalesce(first_refs, refs), first_key = NULL, first_refs = NULL
WHERE id = $1 AND state IN ('succeeded', 'already_gone') AND refs IS NOT NULL`,
	returning: `provider`,
	outcome:   `reason, 0, 0`,
}

// Reopen changes targets that succeeded or were already gone back to pending and
// enqueues them, all in one transaction, as Retry does. They are asked with all
// references that they had at first.
//
// The errors are [erasure.ErrNotFound] for an unknown target and
// [erasure.ErrNotReopenable] for one in another state, or without references.
func (s *Store) Reopen(ctx context.Context, targetIDs []string, at, deadline time.Time, enqueue erasure.EnqueueFunc) error {
	if !storable(targetIDs...) {
		return erasure.ErrNotFound
	}
	err := s.moveAll(ctx, reopen, erasure.ActionReopen, targetIDs, []any{micros(at), micros(deadline)}, at, erasure.ErrNotReopenable, enqueue)
	if err != nil {
		return fmt.Errorf("reopen: %w", err)
	}
	return nil
}

// moveAll changes targets and enqueues them. Unless it can change all of them, it
// changes none and returns ErrNotFound or unfit.
func (s *Store) moveAll(ctx context.Context, c change, kind erasure.ActionKind, targetIDs []string, args []any, at time.Time, unfit error, enqueue erasure.EnqueueFunc) error {
	ids := slices.Compact(slices.Sorted(slices.Values(targetIDs)))
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		moved, err := s.move(ctx, tx, c, ids, args, at)
		switch {
		case err != nil:
			return err
		case len(moved) < len(ids):
			for i, job := range moved {
				if job.TargetID != ids[i] {
					return stateError(ctx, tx, ids[i], unfit)
				}
			}
			return stateError(ctx, tx, ids[len(moved)], unfit)
		}
		if err := s.recordTargets(ctx, tx, erasure.Action{At: at, Kind: kind}, ids); err != nil {
			return err
		}
		return enqueue(ctx, tx, moved)
	})
}

// stateError returns the error for a target whose state is wrong for what is wanted.
func stateError(ctx context.Context, tx *sql.Tx, targetID string, unfit error) error {
	e := &erasure.StateError{TargetID: targetID, Err: unfit}
	if err := tx.QueryRowContext(ctx, `SELECT state, reason FROM targets WHERE id = $1`, targetID).Scan(&e.State, &e.Reason); err != nil {
		return err
	}
	return e
}

// move changes those of the targets that the change applies to, derives the states of
// their erasures, and returns the changed ones. c returns the provider. ids are sorted.
func (s *Store) move(ctx context.Context, tx *sql.Tx, c change, ids []string, args []any, at time.Time) ([]erasure.Job, error) {
	erasures, err := s.lockErasuresOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var moved []erasure.Job
	for _, id := range ids {
		job := erasure.Job{TargetID: id}
		err := c.in(ctx, tx, s.engine, append([]any{id}, args...), &job.Provider)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		moved = append(moved, job)
	}
	for _, e := range erasures {
		if err := e.derive(ctx, tx, at); err != nil {
			return nil, err
		}
	}
	return moved, nil
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
var resolve = `
UPDATE targets SET state = 'succeeded', reason = $3, status = 0, updated_at = ` + noEarlier(`$2`) + `, changes = changes + 1,
    key = NULL, refs = NULL, first_key = NULL, first_refs = NULL
WHERE id = $1 AND state IN ('action_required', 'failed')
RETURNING attempts, changes, updated_at`

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
		var updatedAt time.Time
		err = tx.QueryRowContext(ctx, resolve, targetID, micros(at), reasonResolved).Scan(&attempts, &changes, stamp{&updatedAt})
		if errors.Is(err, sql.ErrNoRows) {
			return stateError(ctx, tx, targetID, erasure.ErrNotOpen)
		}
		if err != nil {
			return err
		}
		err = addEvidence(ctx, tx, targetID, changes, erasure.Evidence{
			At: updatedAt, State: erasure.TargetSucceeded, Reason: reasonResolved, Attempt: attempts, Note: note,
		})
		if err != nil {
			return err
		}
		action := erasure.Action{At: at, Kind: erasure.ActionResolve, Subject: e.id, Note: note}
		if err := s.record(ctx, tx, action, targetID); err != nil {
			return err
		}
		return e.derive(ctx, tx, at)
	})
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	s.requestClean()
	return nil
}
