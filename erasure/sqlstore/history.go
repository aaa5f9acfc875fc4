package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// History returns what happened in each of n periods of equal length, oldest first. It reads
// an index entry for each erasure that was accepted or completed in that time, and for each
// failure: about half a second for a million. What is over changes only if an erasure is
// reopened or resolved.
func (s *Store) History(ctx context.Context, from time.Time, length time.Duration, n int) (periods []erasure.Period, err error) {
	for i := range n {
		begin := from.Add(time.Duration(i) * length)
		periods = append(periods, erasure.Period{From: begin, To: begin.Add(length)})
	}
	to := from.Add(time.Duration(n) * length)
	err = s.read(ctx, func(tx *sql.Tx) error {
		for i := range periods {
			err := tx.QueryRowContext(ctx, `SELECT count(*) FROM erasures WHERE id >= $1 AND id < $2`,
				firstID(periods[i].From), firstID(periods[i].To)).Scan(&periods[i].Accepted)
			if err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, `
SELECT (final_at - $1) / $3, `+tookClass()+`, count(*) FROM erasures
WHERE final_at >= $1 AND final_at < $2 AND state IN ('completed', 'completed_with_exceptions') GROUP BY 1, 2`,
			micros(from), micros(to), length.Microseconds())
		err = each(rows, err, func(rows *sql.Rows) error {
			var i, class, count int
			err := rows.Scan(&i, &class, &count)
			if err == nil {
				periods[i].Took[class] = count
			}
			return err
		})
		if err != nil {
			return err
		}
		rows, err = tx.QueryContext(ctx, `
SELECT (at - $1) / $3, count(*) FROM evidence
WHERE at >= $1 AND at < $2 AND state IN ('action_required', 'failed') AND reason <> 'references_shown' GROUP BY 1`, micros(from), micros(to), length.Microseconds())
		return each(rows, err, func(rows *sql.Rows) error {
			var i, count int
			err := rows.Scan(&i, &count)
			if err == nil {
				periods[i].Failures = count
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return periods, nil
}

// tookClass returns an expression for the index in [erasure.Period].Took.
func tookClass() string {
	var b strings.Builder
	b.WriteString("CASE")
	for i, limit := range erasure.TookUpTo {
		fmt.Fprintf(&b, " WHEN final_at - accepted_at <= %d THEN %d", limit.Microseconds(), i)
	}
	fmt.Fprintf(&b, " ELSE %d END", len(erasure.TookUpTo))
	return b.String()
}

// Waiting returns what the queue has to do: the number of targets that are due now, at
// connections that are not paused, since when the first of them is, and how many attempts
// run. It counts up to a limit.
func (s *Store) Waiting(ctx context.Context, now time.Time, limit int) (w erasure.Waiting, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `
SELECT count(*), min(due_at) FROM (SELECT due_at FROM targets
WHERE due_at IS NOT NULL AND due_at <= $1 AND state = 'pending' AND provider NOT IN (SELECT name FROM connections WHERE paused_at IS NOT NULL)
ORDER BY due_at LIMIT $2) AS due`, micros(now), limit).Scan(&w.Due, stamp{&w.Since})
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM targets WHERE due_at IS NOT NULL AND state = 'in_progress'`).Scan(&w.Running)
	})
	if err != nil {
		return erasure.Waiting{}, fmt.Errorf("look at the queue: %w", err)
	}
	return w, nil
}
