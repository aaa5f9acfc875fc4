package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure"
)

// LogPosition is where the database is in its erasure log. The zero value means that no
// log was ever begun.
type LogPosition struct {
	// Database identifies the database in the headers of the log's files.
	Database string
	// Last is the number of the last change. A log that has a greater one knows of
	// changes that the database has lost.
	Last int64
	// Path is the file that was written last, on the machine that wrote it.
	Path string
}

// LogPosition returns where the database is in its erasure log.
func (s *Store) LogPosition(ctx context.Context) (p LogPosition, err error) {
	err = s.reader.QueryRowContext(ctx, `SELECT database, last, path FROM erasure_log WHERE id = 1`).Scan(&p.Database, &p.Last, &p.Path)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return LogPosition{}, fmt.Errorf("position of the erasure log: %w", explain(err))
	}
	return p, nil
}

// AdvanceLog records that the log at p.Path is at least at p.Last. A database without a
// log gets p.Database; that of another one does not change.
func (s *Store) AdvanceLog(ctx context.Context, p LogPosition) error {
	if !storable(p.Database, p.Path) {
		return errors.New("erasure log: the path is not text")
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO erasure_log (id, database, last, path) VALUES (1, $1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET path = excluded.path,
			last = CASE WHEN excluded.last > erasure_log.last THEN excluded.last ELSE erasure_log.last END`,
			p.Database, p.Last, p.Path)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin the erasure log: %w", err)
	}
	return nil
}

// NumberChanges gives numbers to erasures that are new or have changed, up to limit of
// them, and returns how many. The log must have been begun with [Store.AdvanceLog].
//
// A number is given after the change was committed, under a lock: once a number can be
// read, no smaller one appears. A reader that remembers the greatest number therefore
// misses nothing, however long other transactions take and whichever process they are of.
func (s *Store) NumberChanges(ctx context.Context, limit int) (n int64, err error) {
	var changed bool
	err = s.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM erasures WHERE logged IS NULL)`).Scan(&changed)
	if err == nil && changed {
		err = s.write(ctx, func(tx *sql.Tx) error {
			n, err = s.numberChanges(ctx, tx, limit)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("number changes: %w", explain(err))
	}
	return n, nil
}

func (s *Store) numberChanges(ctx context.Context, tx *sql.Tx, limit int) (n int64, err error) {
	var last int64
	err = tx.QueryRowContext(ctx, `SELECT last FROM erasure_log WHERE id = 1`+s.engine.forUpdate("erasure_log")).Scan(&last)
	if err != nil {
		return 0, err
	}
	// Waiting for a row while holding others could deadlock, so those that somebody
	// changes right now are left for the next call.
	result, err := tx.ExecContext(ctx, `UPDATE erasures SET logged = numbered.n FROM (
			SELECT id, row_number() OVER (ORDER BY id) + $1 AS n
			FROM (SELECT id FROM erasures WHERE logged IS NULL LIMIT $2`+s.engine.skipLocked()+`) AS changed
		) AS numbered WHERE erasures.id = numbered.id`, last, limit)
	if err != nil {
		return 0, err
	}
	if n, err = result.RowsAffected(); err != nil || n == 0 {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE erasure_log SET last = $1 WHERE id = 1`, last+n)
	return n, err
}

const changeColumns = `erasures.id, account_code, customer_id, erasures.state, accepted_at, deadline, final_at, coalesce(logged, 0),
	coalesce(targets.id, ''), coalesce(provider, ''), coalesce(targets.state, ''), coalesce(reason, '')`

// ChangesAfter returns the changes with greater numbers than after, up to limit of them,
// in their order.
func (s *Store) ChangesAfter(ctx context.Context, after int64, limit int) (changes []erasure.Change, err error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT `+changeColumns+`
		FROM (SELECT * FROM erasures WHERE logged > $1 ORDER BY logged LIMIT $2) AS erasures
		LEFT JOIN targets ON targets.erasure_id = erasures.id
		ORDER BY logged, provider`, after, limit)
	err = eachChange(rows, err, func(c erasure.Change) error {
		changes = append(changes, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", explain(err))
	}
	return changes, nil
}

// eachChange calls yield for each erasure of a result in which its targets are adjacent.
func eachChange(rows *sql.Rows, err error, yield func(erasure.Change) error) error {
	var c erasure.Change
	err = each(rows, err, func(rows *sql.Rows) error {
		var next erasure.Change
		var t erasure.Target
		err := rows.Scan(&next.ID, &next.AccountCode, &next.CustomerID, &next.State,
			stamp{&next.AcceptedAt}, stamp{&next.Deadline}, stamp{&next.FinalAt}, &next.N,
			&t.ID, &t.Provider, &t.State, &t.Reason)
		if err != nil {
			return err
		}
		if next.ID != c.ID {
			if c.ID != "" {
				if err := yield(c); err != nil {
					return err
				}
			}
			c = next
		}
		if t.ID != "" {
			c.Targets = append(c.Targets, t)
		}
		return nil
	})
	if err != nil || c.ID == "" {
		return err
	}
	return yield(c)
}

// LacksChange reports whether the database lacks one of these changes of its log, because
// it is older than they are.
func (s *Store) LacksChange(ctx context.Context, changes []erasure.Change) (bool, error) {
	for _, c := range changes {
		var has bool
		err := s.reader.QueryRowContext(ctx,
			`SELECT EXISTS (SELECT 1 FROM erasures WHERE account_code = $1 AND customer_id = $2 AND (logged IS NULL OR logged >= $3))`,
			c.AccountCode, c.CustomerID, c.N).Scan(&has)
		if err != nil {
			return false, fmt.Errorf("compare with the erasure log: %w", explain(err))
		}
		if !has {
			return true, nil
		}
	}
	return false, nil
}
