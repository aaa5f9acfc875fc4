package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// moveBatch is the number of targets that one transaction of the sweep changes. It is
// small so that on SQLite no writer waits long for the lock.
const moveBatch = 100

// expire fails a target that is still open after its deadline ($2), unless an attempt
// at it began at or after $3 and may still succeed.
var expire = change{
	update: `
UPDATE targets
SET state = 'failed', reason = CASE WHEN reason IN ('', 'retried_by_operator', 'reopened_by_operator', 'reapplied_from_log', 'connection_resumed', 'connection_recovered')
        THEN 'deadline_passed' ELSE reason END,
    due_at = NULL, updated_at = ` + noEarlier(`$4`) + `, changes = changes + 1, concern = '', concern_since = NULL, concern_count = 0,
    lost = CASE WHEN state = 'in_progress' THEN 1 ELSE lost END
WHERE id = $1 AND (state = 'pending' OR (state = 'in_progress' AND due_at < $3))
  AND coalesce(granted_until, (SELECT deadline FROM erasures WHERE erasures.id = erasure_id)) <= $2`,
	returning: `provider`,
	outcome:   `reason, status, 0`,
}

// Expire fails the targets that are open although their deadline was at or before the
// given time, except those whose attempt began after begunBefore. It returns the failed
// ones, in batches of their own transactions.
func (s *Store) Expire(ctx context.Context, deadline, begunBefore, at time.Time) ([]erasure.Job, error) {
	// The first half finds targets by the deadline of their erasure, the second by their
	// own. Both use a small index.
	const query = `
SELECT targets.id FROM erasures JOIN targets ON targets.erasure_id = erasures.id
WHERE erasures.state IN ('in_progress', 'attention_required') AND erasures.state = 'in_progress' AND erasures.deadline <= $1
  AND targets.granted_until IS NULL
  AND (targets.state = 'pending' OR (targets.state = 'in_progress' AND targets.due_at < $2))
UNION ALL
SELECT id FROM targets
WHERE granted_until IS NOT NULL AND granted_until <= $1 AND (state = 'pending' OR (state = 'in_progress' AND due_at < $2))`
	expired, err := s.moveWhere(ctx, expire, []any{micros(deadline), micros(begunBefore), micros(at)}, at, nil,
		query, micros(deadline), micros(begunBefore))
	if err != nil {
		return expired, fmt.Errorf("expire: %w", err)
	}
	return expired, nil
}

// unusual is the condition of the index targets_unusual. SQLite uses a partial index only if
// the query repeats its condition.
const unusual = `state NOT IN ('pending', 'in_progress', 'succeeded')`

// escalate gives a target whose doubt has lasted since $2 to a person. What no rule
// describes has a reason of its own then.
var escalate = change{
	update: `
UPDATE targets
SET state = 'action_required',
    reason = CASE WHEN concern = 'unexpected_answer' THEN 'unexpected_answer_repeated' ELSE concern END,
    due_at = NULL, updated_at = ` + noEarlier(`$3`) + `, changes = changes + 1, concern = '', concern_since = NULL, concern_count = 0
WHERE id = $1 AND state = 'pending' AND concern_since <= $2`,
	returning: `provider`,
	outcome:   `reason, status, 0`,
}

// Escalate makes pending targets action_required whose concern began at or before the
// given time, and returns them. No attempt has to come for that.
func (s *Store) Escalate(ctx context.Context, since, at time.Time) ([]erasure.Job, error) {
	escalated, err := s.moveWhere(ctx, escalate, []any{micros(since), micros(at)}, at, nil,
		`SELECT id FROM targets WHERE concern_since IS NOT NULL AND concern_since <= $1 AND state = 'pending'`, micros(since))
	if err != nil {
		return escalated, fmt.Errorf("escalate: %w", err)
	}
	return escalated, nil
}

// Purge destroys the references of targets that ended well and whose time to be
// reopened is over. It returns their number. A target that somebody changes right now is
// left for the next call: it may be reopened, and then its references are needed.
func (s *Store) Purge(ctx context.Context, at time.Time) (purged int, err error) {
	for {
		var n int64
		err := s.write(ctx, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx,
				`UPDATE targets SET key = NULL, refs = NULL, first_key = NULL, first_refs = NULL, purge_at = NULL
				WHERE id IN (SELECT id FROM targets WHERE purge_at IS NOT NULL AND purge_at <= $1 LIMIT $2`+
					s.engine.skipLocked()+`)`, micros(at), moveBatch)
			if err != nil {
				return err
			}
			n, err = result.RowsAffected()
			return err
		})
		if err != nil {
			return purged, fmt.Errorf("purge: %w", err)
		}
		if purged += int(n); n > 0 {
			s.requestClean()
		}
		if n < moveBatch {
			return purged, nil
		}
	}
}

// moveWhere changes the targets whose ids a query returns, as far as the change still
// applies to them, and returns the changed ones. Each batch is one transaction, and
// enqueues its targets if enqueue is not nil.
func (s *Store) moveWhere(ctx context.Context, c change, args []any, at time.Time, enqueue erasure.EnqueueFunc,
	query string, queryArgs ...any,
) (moved []erasure.Job, err error) {
	ids, err := s.column(ctx, query, queryArgs...)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	for batch := range slices.Chunk(ids, moveBatch) {
		var jobs []erasure.Job
		err := s.write(ctx, func(tx *sql.Tx) (err error) {
			jobs, err = s.move(ctx, tx, c, batch, args, at)
			if err == nil {
				err = s.recordMoved(ctx, tx, at, jobs)
			}
			if err != nil || enqueue == nil || len(jobs) == 0 {
				return err
			}
			return enqueue(ctx, tx, jobs)
		})
		if err != nil {
			return moved, err
		}
		moved = append(moved, jobs...)
	}
	return moved, nil
}

// column returns the one column of a query's rows.
func (s *Store) column(ctx context.Context, query string, args ...any) (values []string, err error) {
	rows, err := s.reader.QueryContext(ctx, query, args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var value string
		err := rows.Scan(&value)
		values = append(values, value)
		return err
	})
	if err != nil {
		return nil, explain(err)
	}
	return values, nil
}
