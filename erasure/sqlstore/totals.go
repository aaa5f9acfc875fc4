package sqlstore

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

const (
	// totalsFrom is how many rows a table must have for its number to be remembered. A smaller
	// one is counted in a few milliseconds.
	totalsFrom = 100_000
	// totalsSettled is how old a row must be to be remembered. An id has the time of its
	// request, which may commit later, and on a machine whose clock is behind.
	totalsSettled = 10 * time.Minute
	// totalsFor is how long a number is remembered. What is applied again after a restore
	// keeps its old ids, and is missed for so long.
	totalsFor = time.Hour
	// customersFor is the same for customers, whose ids say nothing about their age: those
	// that others import are missed for so long.
	customersFor = time.Minute
)

// totals remembers the number of rows of large tables, to which rows are only added. To
// count a million takes longer than everything else that metrics read.
type totals struct {
	from int // 0 for totalsFrom

	mu    sync.Mutex
	known map[string]total // by table
}

// total is the number of rows of a table with ids before one.
type total struct {
	rows    int
	before  string
	counted time.Time
}

// of returns what is known of a table, unless it is too old.
func (t *totals) of(table string, now time.Time, lifetime time.Duration) (total, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.known[table]
	age := now.Sub(known.counted)
	return known, ok && age >= 0 && age < lifetime
}

// keep remembers the number of rows of a table with at least so many in all.
func (t *totals) keep(table string, all int, known total) {
	from := t.from
	if from == 0 {
		from = totalsFrom
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if all < from {
		delete(t.known, table)
		return
	}
	if t.known == nil {
		t.known = map[string]total{}
	}
	t.known[table] = known
}

// countByID returns the number of rows of a table whose ids sort by time.
func (s *Store) countByID(ctx context.Context, tx *sql.Tx, table string, now time.Time) (all int, err error) {
	settled := firstID(now.Add(-totalsSettled))
	known, ok := s.totals.of(table, now, totalsFor)
	if !ok {
		// Without a condition, the smallest index is counted.
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM `+table).Scan(&all); err != nil {
			return 0, err
		}
		var recent int
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE id >= $1`, settled).Scan(&recent)
		if err == nil {
			s.totals.keep(table, all, total{rows: all - recent, before: settled, counted: now})
		}
		return all, err
	}
	settled = max(settled, known.before)
	var since, recent int
	err = tx.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN id >= $2 THEN 1 END) FROM `+table+` WHERE id >= $1`,
		known.before, settled).Scan(&since, &recent)
	if err != nil {
		return 0, err
	}
	all = known.rows + since
	s.totals.keep(table, all, total{rows: all - recent, before: settled, counted: known.counted})
	return all, nil
}

// countCustomers returns the number of customers, live and erased.
func (s *Store) countCustomers(ctx context.Context, tx *sql.Tx, now time.Time) (all int, err error) {
	if known, ok := s.totals.of("customers", now, customersFor); ok {
		return known.rows, nil
	}
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM customers`).Scan(&all); err != nil {
		return 0, err
	}
	s.totals.keep("customers", all, total{rows: all, counted: now})
	return all, nil
}
