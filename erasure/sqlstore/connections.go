package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// SeeConnections records that a process works on these connections at that time.
func (s *Store) SeeConnections(ctx context.Context, names []string, at time.Time) error {
	names = slices.Sorted(slices.Values(names)) // the same order everywhere: no deadlock
	for batch := range slices.Chunk(names, moveBatch) {
		var args []any
		for _, name := range batch {
			args = append(args, name, micros(at))
		}
		_, err := s.writer.ExecContext(ctx, `INSERT INTO connections (name, seen_at) VALUES `+tuples(len(batch), 2)+
			` ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at`, args...)
		if err != nil {
			return fmt.Errorf("see connections: %w", s.explainHeartbeat(err))
		}
	}
	return nil
}

// Connections returns all connections that a process ever had, and all that are
// paused, ordered by name.
func (s *Store) Connections(ctx context.Context) ([]erasure.ConnectionState, error) {
	var list []erasure.ConnectionState
	rows, err := s.reader.QueryContext(ctx,
		`SELECT name, seen_at, paused_at, by_hand, reason, pauses FROM connections ORDER BY name`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var c erasure.ConnectionState
		err := rows.Scan(&c.Name, stamp{&c.SeenAt}, stamp{&c.PausedAt}, &c.ByHand, &c.Reason, &c.Pauses)
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", s.explainHeartbeat(err))
	}
	return list, nil
}

// PauseConnection pauses a connection: from its commit on, no attempt begins there. It
// reports whether that changed anything. An operator's pause also replaces an automatic
// one, and not the reverse. The error is [erasure.ErrNotFound] for a connection that no
// process ever had.
func (s *Store) PauseConnection(ctx context.Context, r erasure.PauseRequest) (paused bool, err error) {
	if !storable(r.Name, r.Reason) {
		return false, erasure.ErrNotFound
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		paused, err = changedOne(tx.ExecContext(ctx, `
UPDATE connections SET paused_at = coalesce(paused_at, $2), by_hand = $3, reason = $4, pauses = pauses + 1 - $3
WHERE name = $1 AND (paused_at IS NULL OR by_hand < $3)`, r.Name, micros(r.At), flag(r.ByHand), r.Reason))
		if err != nil {
			return err
		}
		if !paused {
			return knownConnection(ctx, tx, r.Name)
		}
		return s.record(ctx, tx, erasure.Action{At: r.At, Kind: erasure.ActionPauseConnection, Subject: r.Name, Note: r.Reason})
	})
	if err != nil {
		return false, fmt.Errorf("pause connection: %w", err)
	}
	return paused, nil
}

func knownConnection(ctx context.Context, tx *sql.Tx, name string) error {
	err := tx.QueryRowContext(ctx, `SELECT name FROM connections WHERE name = $1`, name).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return erasure.ErrNotFound
	}
	return err
}

// ResumeConnection ends a pause. The targets that became action_required because the
// connection refused them go back to pending first; enqueue must bring forward jobs
// that exist already. It returns the targets, and whether a pause has ended. A pause by
// hand ends by hand only, also if it began while the targets were taken back.
// The error is [erasure.ErrNotFound] for a connection that no process ever had.
func (s *Store) ResumeConnection(ctx context.Context, r erasure.ResumeRequest, enqueue erasure.EnqueueFunc) (jobs []erasure.Job, resumed bool, err error) {
	if !storable(r.Name) {
		return nil, false, erasure.ErrNotFound
	}
	fail := func(err error) ([]erasure.Job, bool, error) {
		return jobs, false, fmt.Errorf("resume connection: %w", err)
	}
	action := erasure.Action{At: r.At, Kind: erasure.ActionResumeConnection, Subject: r.Name}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := knownConnection(ctx, tx, r.Name); err != nil {
			return err
		}
		return s.record(ctx, tx, action)
	})
	if err != nil {
		return fail(err)
	}
	// The pause ends last: an interrupted resumption can be repeated.
	jobs, err = s.moveWhere(ctx, takeBack, takeBackArgs(r.Name, r.At), r.At, enqueue, `
SELECT id FROM targets WHERE provider = $1 AND state = 'action_required' AND `+unusual+` AND `+refused, r.Name)
	if err != nil {
		return fail(err)
	}
	resumed, err = changedOne(s.writer.ExecContext(ctx,
		`UPDATE connections SET paused_at = NULL, by_hand = 0, reason = '' WHERE name = $1 AND paused_at IS NOT NULL AND by_hand <= $2`,
		r.Name, flag(r.ByHand)))
	if err == nil {
		_, err = s.writer.ExecContext(ctx, `UPDATE connections SET resumed_at = $2 WHERE name = $1 AND paused_at IS NULL`, r.Name, micros(r.At))
	}
	if err != nil {
		return fail(explain(err))
	}
	return jobs, resumed, nil
}

// TrustConnection records a success at a connection that was paused before.
func (s *Store) TrustConnection(ctx context.Context, name string) error {
	_, err := s.writer.ExecContext(ctx, `UPDATE connections SET pauses = 0 WHERE name = $1 AND pauses <> 0`, name)
	return explain(err)
}

// orphan gives a target to a person whose connection no process has.
var orphan = change{
	update: `
UPDATE targets
SET state = 'action_required', reason = 'provider_not_configured', status = 0, due_at = NULL, updated_at = ` + noEarlier(`$2`) + `, changes = changes + 1,
    concern = '', concern_since = NULL, concern_count = 0, lost = CASE WHEN state = 'in_progress' THEN 1 ELSE lost END
WHERE id = $1 AND state IN ('pending', 'in_progress')
  AND provider NOT IN (SELECT name FROM connections WHERE seen_at IS NOT NULL AND seen_at >= $3)`,
	returning: `provider`,
	outcome:   `reason, 0, 0`,
}

// Orphan makes the open targets action_required, provider_not_configured, whose
// connection no process has had since the given time, and returns them.
func (s *Store) Orphan(ctx context.Context, since, at time.Time) ([]erasure.Job, error) {
	orphans, err := s.moveWhere(ctx, orphan, []any{micros(at), micros(since)}, at, nil, `
SELECT id FROM targets WHERE due_at IS NOT NULL
  AND provider NOT IN (SELECT name FROM connections WHERE seen_at IS NOT NULL AND seen_at >= $1)`, micros(since))
	if err != nil {
		return orphans, fmt.Errorf("orphan: %w", err)
	}
	return orphans, nil
}

// Reunite changes the targets of Orphan back to pending whose connection a process has
// had since the given time, and returns them.
func (s *Store) Reunite(ctx context.Context, since, at time.Time, enqueue erasure.EnqueueFunc) (jobs []erasure.Job, err error) {
	names, err := s.column(ctx, `
SELECT name FROM connections WHERE seen_at IS NOT NULL AND seen_at >= $1
  AND EXISTS (SELECT 1 FROM targets WHERE provider = name AND targets.reason = 'provider_not_configured')`, micros(since))
	for _, name := range names {
		var some []erasure.Job
		some, err = s.moveWhere(ctx, takeBack, takeBackArgs(name, at), at, enqueue,
			`SELECT id FROM targets WHERE provider = $1 AND reason = 'provider_not_configured' AND state = 'action_required'`, name)
		jobs = append(jobs, some...)
		if err != nil {
			break
		}
	}
	if err != nil {
		return jobs, fmt.Errorf("reunite: %w", err)
	}
	return jobs, nil
}

// Hurry makes the targets of a connection due at once whose not-found waits for proof
// since an attempt before the given time. It returns their number. enqueue must bring
// forward their jobs.
func (s *Store) Hurry(ctx context.Context, provider string, before, at time.Time, enqueue erasure.EnqueueFunc) (n int, err error) {
	ids, err := s.column(ctx, `
SELECT id FROM targets WHERE concern_since IS NOT NULL AND concern = 'not_found_unproven' AND provider = $1
  AND state = 'pending' AND updated_at < $2 AND due_at > $3`, provider, micros(before), micros(at))
	if err != nil {
		return 0, fmt.Errorf("hurry: %w", err)
	}
	slices.Sort(ids)
	for batch := range slices.Chunk(ids, moveBatch) {
		err := s.write(ctx, func(tx *sql.Tx) error {
			var jobs []erasure.Job
			for _, id := range batch {
				changed, err := changedOne(tx.ExecContext(ctx,
					`UPDATE targets SET due_at = $2 WHERE id = $1 AND state = 'pending' AND due_at > $2`, id, micros(at)))
				if err != nil {
					return err
				}
				if changed {
					jobs = append(jobs, erasure.Job{TargetID: id, Provider: provider})
				}
			}
			n += len(jobs)
			return enqueue(ctx, tx, jobs)
		})
		if err != nil {
			return n, fmt.Errorf("hurry: %w", err)
		}
	}
	return n, nil
}

// Working returns the connections that a check is good for: those that have open targets,
// and those that have refused ones which [Store.Recover] takes back once a check passes.
func (s *Store) Working(ctx context.Context) (map[string]bool, error) {
	names, err := s.column(ctx, `
SELECT DISTINCT provider FROM targets WHERE due_at IS NOT NULL
UNION
SELECT name FROM connections WHERE EXISTS (
    SELECT 1 FROM targets WHERE provider = name AND state = 'action_required' AND `+unusual+` AND `+recoverable+`)`)
	working := make(map[string]bool, len(names))
	for _, name := range names {
		working[name] = true
	}
	if err != nil {
		return nil, fmt.Errorf("list connections with work: %w", err)
	}
	return working, nil
}
