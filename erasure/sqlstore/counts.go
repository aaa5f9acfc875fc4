package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Counts returns the numbers that the metrics show; an erasure is overdue if its
// deadline is before now. It reads the rows that are open or have ended otherwise than
// most. The others are counted by what was counted before: of a table with more than
// 100,000 rows, all are counted once an hour, and customers once a minute, so that the
// number of those may be a minute old.
func (s *Store) Counts(ctx context.Context, now time.Time) (c erasure.Counts, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		if err := s.countErasures(ctx, tx, &c, now); err != nil {
			return err
		}
		return s.countTargets(ctx, tx, &c, now)
	})
	if err != nil {
		return erasure.Counts{}, fmt.Errorf("count: %w", err)
	}
	return c, nil
}

func (s *Store) countErasures(ctx context.Context, tx *sql.Tx, c *erasure.Counts, now time.Time) error {
	customers, err := s.countCustomers(ctx, tx, now)
	if err != nil {
		return err
	}
	all, err := s.countByID(ctx, tx, "erasures", now)
	if err != nil {
		return err
	}
	c.Customers = max(customers-all, 0) // every tombstone has exactly one erasure
	c.Erasures = map[erasure.ErasureState]int{}
	rows, err := tx.QueryContext(ctx, `
SELECT state, count(*), count(CASE WHEN deadline < $1 THEN 1 END), count(CASE WHEN accepted_at + deadline <= $2 THEN 1 END)
FROM erasures WHERE state IN ('in_progress', 'attention_required') GROUP BY state
UNION ALL SELECT 'completed_with_exceptions', count(*), 0, 0 FROM erasures WHERE state = 'completed_with_exceptions'`,
		micros(now), 2*now.UnixMicro())
	others := 0
	err = each(rows, err, func(rows *sql.Rows) error {
		var state erasure.ErasureState
		var n, overdue, atRisk int
		err := rows.Scan(&state, &n, &overdue, &atRisk)
		c.Erasures[state] = n
		c.Overdue += overdue
		c.AtRisk += atRisk
		others += n
		return err
	})
	c.Erasures[erasure.ErasureCompleted] = all - others
	maps.DeleteFunc(c.Erasures, func(_ erasure.ErasureState, n int) bool { return n <= 0 })
	return err
}

// The oldest erasure of a target is found by its id, which sorts by the time of acceptance: of
// those of the same millisecond it is any.
func (s *Store) countTargets(ctx context.Context, tx *sql.Tx, c *erasure.Counts, now time.Time) error {
	c.Targets, c.Open, c.Attention = map[erasure.TargetState]int{}, map[erasure.Cause]int{}, map[erasure.Cause]int{}
	c.Due, c.Oldest = map[string]time.Time{}, map[erasure.Cause]time.Time{}
	rows, err := tx.QueryContext(ctx, `
SELECT open.state, open.provider, open.reason, open.n, open.due, erasures.accepted_at FROM (
  SELECT state, provider, reason, count(*) AS n, min(due_at) AS due, min(erasure_id) AS oldest FROM targets
  WHERE due_at IS NOT NULL GROUP BY state, provider, reason) AS open JOIN erasures ON erasures.id = open.oldest
UNION ALL SELECT state, provider, reason, count(*), NULL, NULL FROM targets WHERE `+unusual+` GROUP BY provider, state, reason`)
	others := 0
	err = each(rows, err, func(rows *sql.Rows) error {
		var state erasure.TargetState
		var cause erasure.Cause
		var n int
		var due, accepted time.Time
		if err := rows.Scan(&state, &cause.Provider, &cause.Reason, &n, stamp{&due}, stamp{&accepted}); err != nil {
			return err
		}
		if first, ok := c.Due[cause.Provider]; state == erasure.TargetPending && (!ok || due.Before(first)) {
			c.Due[cause.Provider] = due
		}
		c.Targets[state] += n
		others += n
		switch {
		case !state.Final():
			c.Open[cause] += n
			if first, ok := c.Oldest[cause]; !ok || accepted.Before(first) {
				c.Oldest[cause] = accepted
			}
		case state.NeedsAttention():
			c.Attention[cause] += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	all, err := s.countByID(ctx, tx, "targets", now)
	if all > others {
		c.Targets[erasure.TargetSucceeded] = all - others
	}
	return err
}

// AtRisk returns up to limit erasures that are not complete, and for which half of the
// time until their deadline was over after one time and at or before another.
func (s *Store) AtRisk(ctx context.Context, after, upTo time.Time, limit int) ([]string, error) {
	from := int64(math.MinInt64)
	if !after.IsZero() {
		from = 2 * after.UnixMicro()
	}
	ids, err := s.column(ctx, `
SELECT id FROM erasures WHERE state IN ('in_progress', 'attention_required')
  AND accepted_at + deadline > $1 AND accepted_at + deadline <= $2 ORDER BY id LIMIT $3`, from, 2*upTo.UnixMicro(), limit)
	if err != nil {
		return nil, fmt.Errorf("list erasures at risk: %w", err)
	}
	return ids, nil
}
