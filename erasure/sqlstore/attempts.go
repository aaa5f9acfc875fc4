package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// begin starts an attempt at a target that is due at $2, and counts it. Its evidence
// does not repeat the outcome of the previous attempt.
var begin = change{
	update: `
UPDATE targets
SET state = 'in_progress', attempts = attempts + 1, changes = changes + 1, due_at = $2, updated_at = $2
WHERE id = $1 AND (state = 'in_progress' OR (state = 'pending' AND due_at <= $2))`,
	returning: `erasure_id, provider, reason, status, attempts, key, refs,
		(SELECT deadline FROM erasures WHERE erasures.id = erasure_id)`,
	reason: `'', 0`,
}

// Begin starts an attempt. It changes a pending target, or one whose attempt was
// lost, to in_progress and returns it with its references and the outcome of the
// previous attempt.
//
// The errors are [erasure.ErrNotFound] for an unknown target,
// [erasure.ErrSuperseded] for a final one, and [*erasure.NotDueError] for a pending
// one that is not due at that time. [erasure.ErrUnreadable] comes with an attempt
// that has begun but has no references: finish it, because a later one would have
// none either.
func (s *Store) Begin(ctx context.Context, targetID string, at time.Time) (a erasure.Attempt, err error) {
	if !storable(targetID) {
		return a, erasure.ErrNotFound
	}
	a.Target = erasure.Target{ID: targetID, State: erasure.TargetInProgress, UpdatedAt: utc(at)}
	t := &a.Target
	var wrapped, sealed []byte
	err = s.change(ctx, begin, []any{targetID, micros(at)},
		&t.ErasureID, &t.Provider, &t.Reason, &t.Status, &t.Attempts, &wrapped, &sealed, stamp{&a.Deadline})
	if errors.Is(err, sql.ErrNoRows) {
		err = s.whyNotBegun(ctx, targetID)
	}
	if err != nil {
		return erasure.Attempt{}, fmt.Errorf("begin: %w", err)
	}
	// After the commit, so that an attempt without readable references has begun too,
	// and can be finished.
	if a.Progress, err = s.openProgress(targetID, wrapped, sealed); err != nil {
		return a, fmt.Errorf("begin: %w", err)
	}
	return a, nil
}

// whyNotBegun returns the error for a target that begin did not change.
func (s *Store) whyNotBegun(ctx context.Context, targetID string) error {
	var state erasure.TargetState
	var due time.Time
	err := s.reader.QueryRowContext(ctx, `SELECT state, due_at FROM targets WHERE id = $1`, targetID).Scan(&state, stamp{&due})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return erasure.ErrNotFound
	case err != nil:
		return explain(err)
	case state == erasure.TargetPending:
		return &erasure.NotDueError{NextAt: due}
	}
	return erasure.ErrSuperseded
}

// finish ends an attempt. It keeps the references ($8 and $9 are NULL), replaces
// them with the remaining ones, or destroys them ($7).
var finish = change{
	update: `
UPDATE targets
SET state = $3, reason = $4, status = $5, due_at = $6, updated_at = $10, changes = changes + 1,
    key = CASE WHEN $7 THEN NULL ELSE coalesce($8, key) END,
    refs = CASE WHEN $7 THEN NULL ELSE coalesce($9, refs) END
WHERE id = $1 AND attempts = $2 AND state = 'in_progress'`,
	returning: `changes`,
	reason:    `reason, status`,
}

// Finish ends an attempt with its outcome, and updates the state of the erasure.
// complete, if not nil, runs in the same transaction.
//
// It destroys the references of a target that succeeded, was already gone or is not
// supported. Otherwise it keeps them, or replaces them with r.Progress if that is
// set.
//
// The errors are [erasure.ErrNotFound] for an unknown target and
// [erasure.ErrSuperseded] for an attempt that is not the target's latest or has
// ended already.
func (s *Store) Finish(ctx context.Context, r erasure.FinishRequest, complete erasure.TxFunc) error {
	args, err := s.finishArgs(r)
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	err = s.writeTogether(ctx, func(ctx context.Context, tx *sql.Tx) error {
		e, err := s.lockErasureOf(ctx, tx, r.TargetID)
		if err != nil {
			return err
		}
		var changes int
		err = finish.in(ctx, tx, s.engine, args, &changes)
		if errors.Is(err, sql.ErrNoRows) {
			return erasure.ErrSuperseded
		}
		if err != nil {
			return err
		}
		if err := e.derive(ctx, tx, r.At); err != nil || complete == nil {
			return err
		}
		return complete(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	if destroysReferences(r.State) {
		s.requestTruncate()
	}
	return nil
}

// finishArgs checks a request and returns the arguments of finish.
func (s *Store) finishArgs(r erasure.FinishRequest) ([]any, error) {
	switch {
	case !storable(r.TargetID):
		return nil, erasure.ErrNotFound
	case !storable(r.Reason):
		return nil, errors.New("the reason is not valid text")
	case r.State == erasure.TargetInProgress:
		return nil, errors.New("in_progress does not end an attempt")
	case r.State == erasure.TargetPending && r.NextAt.IsZero():
		return nil, errors.New("pending needs the time of the next attempt")
	}
	due := micros(r.NextAt)
	if r.State.Final() {
		due = nil
	}
	var wrapped, sealed any // NULL
	if r.Progress != nil {
		var err error
		if wrapped, sealed, err = s.sealProgress(r.TargetID, *r.Progress); err != nil {
			return nil, err
		}
	}
	return []any{
		r.TargetID, r.Attempt, r.State, r.Reason, r.Status, due,
		destroysReferences(r.State), wrapped, sealed, micros(r.At),
	}, nil
}

// destroysReferences reports whether the provider is never called again for a target
// in that state. action_required and failed keep their references, because an
// operator may retry.
func destroysReferences(state erasure.TargetState) bool {
	return state.Final() && !state.NeedsAttention()
}

// Stranded returns up to limit targets whose jobs may be lost: those that are not
// final and were due before the given time. The longest due come first.
func (s *Store) Stranded(ctx context.Context, dueBefore time.Time, limit int) ([]erasure.Job, error) {
	var jobs []erasure.Job
	rows, err := s.reader.QueryContext(ctx,
		`SELECT id, provider FROM targets WHERE due_at < $1 ORDER BY due_at LIMIT $2`, micros(dueBefore), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var job erasure.Job
		err := rows.Scan(&job.TargetID, &job.Provider)
		jobs = append(jobs, job)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list stranded targets: %w", explain(err))
	}
	return jobs, nil
}
