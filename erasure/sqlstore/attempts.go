package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// begin starts an attempt at a target that is due at $2, and counts it. Its evidence
// does not repeat the outcome of the previous attempt. Nothing begins at a paused
// connection, whichever process paused it.
var begin = change{
	update: `
UPDATE targets
SET state = 'in_progress', attempts = attempts + 1, changes = changes + 1, due_at = $2, updated_at = ` + noEarlier(`$2`) + `,
    lost = CASE WHEN state = 'in_progress' THEN 1 ELSE lost END
WHERE id = $1 AND (state = 'in_progress' OR (state = 'pending' AND due_at <= $2))
  AND NOT EXISTS (SELECT 1 FROM connections WHERE name = provider AND paused_at IS NOT NULL)`,
	returning: `erasure_id, provider, reason, status, attempts, key, refs, lost, concern, concern_since, concern_count,
		coalesce(granted_until, (SELECT deadline FROM erasures WHERE erasures.id = erasure_id))`,
	outcome: `'', 0, 0`,
}

// pausedWait is when a job of a paused connection comes again. Its queue is paused too,
// so only those come that were fetched before.
const pausedWait = 10 * time.Second

// Begin starts an attempt. It changes a pending target, or one whose attempt was
// lost, to in_progress and returns it with its progress and the outcome of the
// previous attempt. After a lost attempt, Progress.Lost is set until the progress is
// replaced.
//
// The errors are [erasure.ErrNotFound] for an unknown target,
// [erasure.ErrSuperseded] for a final one, and [*erasure.NotDueError] for a pending
// one that is not due at that time and for one whose connection is paused. With a
// [*erasure.KeyMissingError] no attempt has begun either. [erasure.ErrUnreadable] comes with an attempt
// that has begun but has no references: finish it, because a later one would have
// none either.
func (s *Store) Begin(ctx context.Context, targetID string, at time.Time) (a erasure.Attempt, err error) {
	if !storable(targetID) {
		return a, erasure.ErrNotFound
	}
	a.Target = erasure.Target{ID: targetID, State: erasure.TargetInProgress, UpdatedAt: utc(at)}
	t := &a.Target
	var wrapped, sealed []byte
	var lost bool
	fields := []any{
		&t.ErasureID, &t.Provider, &t.Reason, &t.Status, &t.Attempts, &wrapped, &sealed,
		&lost, &a.Concern.Reason, stamp{&a.Concern.Since}, &a.Concern.Count, stamp{&a.Deadline},
	}
	keys := s.ring.IDs()
	args := []any{targetID, micros(at)}
	for _, id := range keys {
		args = append(args, id[:])
	}
	err = s.change(ctx, beginWith(len(keys)), args, fields...)
	if errors.Is(err, sql.ErrNoRows) {
		if err = s.whyNotBegun(ctx, targetID, at); err == nil {
			err = s.change(ctx, begin, args[:2], fields...)
		}
		if errors.Is(err, sql.ErrNoRows) { // another attempt has ended it
			err = erasure.ErrSuperseded
		}
	}
	if err != nil {
		return erasure.Attempt{}, fmt.Errorf("begin: %w", err)
	}
	// After the commit, so that an attempt without readable references has begun too,
	// and can be finished.
	if a.Progress, err = s.openProgress(ctx, s.reader, targetID, wrapped, sealed); err != nil {
		return a, fmt.Errorf("begin: %w", err)
	}
	a.Progress.Lost = a.Progress.Lost || lost
	return a, nil
}

// beginWith returns the change that begins an attempt if the target's key is wrapped under
// one of that many master keys, whose ids are $3 and following. A process that lacks the
// key leaves the target to others, without a trace.
func beginWith(keys int) change {
	ids := make([]string, keys)
	for i := range ids {
		ids[i] = fmt.Sprintf("$%d", i+3)
	}
	c := begin
	c.update += ` AND (key IS NULL OR substr(key, 2, 8) IN (` + strings.Join(ids, ", ") + `))`
	return c
}

// whyNotBegun returns the error for a target that beginWith did not change. It returns nil
// if the attempt is to begin all the same: the ring has the key by now, or no ring has.
func (s *Store) whyNotBegun(ctx context.Context, targetID string, at time.Time) error {
	var state erasure.TargetState
	var due time.Time
	var paused bool
	var wrapped []byte
	err := s.reader.QueryRowContext(ctx,
		`SELECT state, due_at, key, EXISTS (SELECT 1 FROM connections WHERE name = provider AND paused_at IS NOT NULL)
		FROM targets WHERE id = $1`, targetID).Scan(&state, stamp{&due}, &wrapped, &paused)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return erasure.ErrNotFound
	case err != nil:
		return explain(err)
	case !state.Final() && paused && !due.After(at):
		return &erasure.NotDueError{NextAt: at.Add(pausedWait)}
	case state == erasure.TargetPending && due.After(at):
		return &erasure.NotDueError{NextAt: due}
	case state.Final():
		return erasure.ErrSuperseded
	}
	var missing *erasure.KeyMissingError
	if _, err := s.ring.OpenKey(wrapped, targetKey(targetID)); err != nil {
		if err := s.cannotOpen(ctx, s.reader, err); errors.As(err, &missing) || !errors.Is(err, erasure.ErrUnreadable) {
			return err
		}
	}
	return nil
}

// finish ends an attempt. It keeps the references ($8 and $9 are NULL), replaces
// them with the remaining ones ($17), or destroys them ($7). With $16 it also keeps them as
// they were at first, because a target that is reopened starts again.
var finish = change{
	update: `
UPDATE targets
SET state = $3, reason = $4, status = $5, due_at = $6, updated_at = ` + noEarlier(`$10`) + `, changes = changes + 1,
    verified = $11, concern = $12, concern_since = $13, concern_count = $14, purge_at = $15,
    lost = CASE WHEN $7 OR $17 THEN 0 ELSE lost END,
    key = CASE WHEN $7 THEN NULL ELSE coalesce($8, key) END,
    refs = CASE WHEN $7 THEN NULL ELSE coalesce($9, refs) END,
    first_key = CASE WHEN $7 OR NOT $16 THEN NULL WHEN NOT $17 THEN first_key ELSE coalesce(first_key, key) END,
    first_refs = CASE WHEN $7 OR NOT $16 THEN NULL WHEN NOT $17 THEN first_refs ELSE coalesce(first_refs, refs) END
WHERE id = $1 AND attempts = $2 AND state = 'in_progress'`,
	returning: `state`,
	outcome:   `reason, status, verified`,
}

// Finish ends an attempt with its outcome, and updates the state of the erasure.
// complete, if not nil, runs in the same transaction.
//
// It destroys the references of a target that is not supported, and of one that
// succeeded or was already gone unless r.Keep is set: then [Store.Purge] destroys them
// after that time. Otherwise it keeps them, or replaces them with r.Progress if that is
// set.
//
// The errors are [erasure.ErrNotFound] for an unknown target and
// [erasure.ErrSuperseded] for an attempt that is not the target's latest or has
// ended already, and [*erasure.KeyMissingError] if this process cannot seal r.Progress.
func (s *Store) Finish(ctx context.Context, r erasure.FinishRequest, complete erasure.TxFunc) error {
	args, err := finishArgs(r)
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	var e lockedErasure
	var state erasure.ErasureState
	err = s.writeTogether(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := s.sealFinish(ctx, tx, r, args); err != nil {
			return err
		}
		if e, err = s.lockErasureOf(ctx, tx, r.TargetID); err != nil {
			return err
		}
		if state, err = s.finishTarget(ctx, tx, e, r, args); err != nil {
			return err
		}
		if complete == nil {
			return nil
		}
		return complete(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	if destroysReferences(r) {
		s.requestClean()
	}
	if r.Ended != nil && state != erasure.ErasureInProgress {
		r.Ended(state, e.acceptedAt)
	}
	return nil
}

// finishTarget ends the attempt and updates the state of the erasure, which is locked, and
// which it returns.
func (s *Store) finishTarget(ctx context.Context, tx *sql.Tx, e lockedErasure, r erasure.FinishRequest, args []any) (erasure.ErasureState, error) {
	c, others := finish, ""
	if r.State.Final() && s.engine == PostgreSQL {
		// The states of the other targets come with the change: a statement is a round trip.
		c.returning = `coalesce((SELECT string_agg(targets.state, ' ') FROM targets
			WHERE targets.erasure_id = changed.erasure_id AND targets.id <> changed.id), '')`
	}
	err := c.in(ctx, tx, s.engine, args, &others)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", erasure.ErrSuperseded
	case err != nil:
		return "", err
	case !r.State.Final(): // the erasure was in progress, and still is
		return erasure.ErasureInProgress, nil
	}
	states := []erasure.TargetState{r.State}
	for _, state := range strings.Fields(others) {
		states = append(states, erasure.TargetState(state))
	}
	if s.engine != PostgreSQL {
		if states, err = e.targets(ctx, tx); err != nil {
			return "", err
		}
	}
	state := erasure.ErasureStateOf(states)
	return state, e.become(ctx, tx, state, r.At)
}

// finishArgs checks a request and returns the arguments of finish.
func finishArgs(r erasure.FinishRequest) ([]any, error) {
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
	due, concern := micros(r.NextAt), r.Concern
	if r.State.Final() {
		due, concern = nil, erasure.Concern{}
	}
	destroy, purge := destroysReferences(r), any(nil)
	if endedWell(r.State) && !destroy {
		purge = micros(r.At.Add(r.Keep))
	}
	var wrapped, sealed any // NULL; see sealFinish
	return []any{
		r.TargetID, r.Attempt, r.State, r.Reason, r.Status, due,
		destroy, wrapped, sealed, micros(r.At),
		flag(r.Verified), concern.Reason, micros(concern.Since), concern.Count, purge, r.Keep > 0, r.Progress != nil,
	}, nil
}

// sealFinish seals the progress of a request, and sets the arguments $8 and $9 of finish.
func (s *Store) sealFinish(ctx context.Context, tx *sql.Tx, r erasure.FinishRequest, args []any) error {
	if r.Progress == nil || destroysReferences(r) {
		return nil
	}
	sealer, err := s.sealer(ctx, tx)
	if err != nil {
		return err
	}
	args[7], args[8], err = sealProgress(sealer, r.TargetID, *r.Progress)
	return err
}

// endedWell reports whether a target in that state can be reopened.
func endedWell(state erasure.TargetState) bool {
	return state == erasure.TargetSucceeded || state == erasure.TargetAlreadyGone
}

// destroysReferences reports whether the provider can never be called again for the
// target. action_required and failed keep their references, because an operator may
// retry.
func destroysReferences(r erasure.FinishRequest) bool {
	return r.State.Final() && !r.State.NeedsAttention() && (r.Keep <= 0 || !endedWell(r.State))
}

// Stranded returns up to limit targets whose jobs may be lost: those that are not
// final and were due before the given time, the longest due first, without those of
// paused connections. It begins after the given one, to continue a list; nil begins at
// the start.
func (s *Store) Stranded(ctx context.Context, dueBefore time.Time, after *erasure.Stranded, limit int) ([]erasure.Stranded, error) {
	dueAt, id := int64(math.MinInt64), ""
	if after != nil {
		dueAt, id = after.DueAt.UnixMicro(), after.TargetID
	}
	var list []erasure.Stranded
	rows, err := s.reader.QueryContext(ctx, `
SELECT id, provider, due_at FROM targets
WHERE due_at IS NOT NULL AND due_at >= $1 AND (due_at, id) > ($1, $2) AND due_at < $3
  AND provider NOT IN (SELECT name FROM connections WHERE paused_at IS NOT NULL)
ORDER BY due_at, id LIMIT $4`, dueAt, id, micros(dueBefore), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var one erasure.Stranded
		err := rows.Scan(&one.TargetID, &one.Provider, stamp{&one.DueAt})
		list = append(list, one)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list stranded targets: %w", explain(err))
	}
	return list, nil
}

// Requeue runs enqueue with jobs in a transaction of its own.
func (s *Store) Requeue(ctx context.Context, jobs []erasure.Job, enqueue erasure.EnqueueFunc) error {
	if err := s.write(ctx, func(tx *sql.Tx) error { return enqueue(ctx, tx, jobs) }); err != nil {
		return fmt.Errorf("requeue: %w", err)
	}
	return nil
}
