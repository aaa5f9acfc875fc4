package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

const erasureColumns = `id, account_code, customer_id, state, accepted_at, deadline, final_at`

func scanErasure(row interface{ Scan(...any) error }) (e erasure.Erasure, err error) {
	err = row.Scan(&e.ID, &e.AccountCode, &e.CustomerID, &e.State, stamp{&e.AcceptedAt}, stamp{&e.Deadline}, stamp{&e.FinalAt})
	return e, err
}

// defaultLimit applies to lists without a limit of their own.
const defaultLimit = 100

// ListErasures returns the erasures that match a filter, newest first, without their
// targets unless the filter asks for them.
func (s *Store) ListErasures(ctx context.Context, f erasure.ErasureFilter) (list []erasure.Erasure, err error) {
	if !storableFilter(f) {
		return nil, nil
	}
	where, args := whereErasures(f)
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	args = append(args, limit)
	query := fmt.Sprintf(`SELECT %s FROM erasures WHERE %s ORDER BY id DESC LIMIT $%d`, erasureColumns, where, len(args))
	err = s.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		err = each(rows, err, func(rows *sql.Rows) error {
			e, err := scanErasure(rows)
			list = append(list, e)
			return err
		})
		for i := range list {
			if err == nil && f.WithTargets {
				list[i].Targets, err = readTargets(ctx, tx, list[i].ID)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	return list, nil
}

// CountErasures returns the number of erasures that match a filter, whatever its limit
// is.
func (s *Store) CountErasures(ctx context.Context, f erasure.ErasureFilter) (n int, err error) {
	if !storableFilter(f) {
		return 0, nil
	}
	where, args := whereErasures(f)
	err = s.reader.QueryRowContext(ctx, `SELECT count(*) FROM erasures WHERE `+where, args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count erasures: %w", explain(err))
	}
	return n, nil
}

func storableFilter(f erasure.ErasureFilter) bool {
	return storable(f.AccountCode, f.CustomerID, string(f.State), f.Provider, f.Reason, f.Before)
}

// whereErasures returns the condition of a filter, and its arguments.
func whereErasures(f erasure.ErasureFilter) (where string, args []any) {
	conditions := []string{}
	add := func(condition string, value any) {
		args = append(args, value)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	if f.AccountCode != "" {
		add("account_code = $%d", f.AccountCode)
	}
	if f.CustomerID != "" {
		add("customer_id = $%d", f.CustomerID)
	}
	if f.State != "" {
		add("state = $%d", f.State)
	}
	conditions = append(conditions, indexed(f)) // SQLite uses a partial index only if the query repeats its condition
	if f.Provider != "" || f.Reason != "" || f.Attention {
		target := "erasure_id = erasures.id"
		if f.Attention {
			target += " AND targets.state IN ('action_required', 'failed')"
		}
		for _, column := range []struct{ name, value string }{{"provider", f.Provider}, {"reason", f.Reason}} {
			if column.value != "" {
				args = append(args, column.value)
				target += fmt.Sprintf(" AND targets.%s = $%d", column.name, len(args))
			}
		}
		// The limit changes nothing but PostgreSQL's plan, which looks at the targets of one
		// erasure after the other. Otherwise it joins the tables, and reads all targets that
		// match, or all that there are, to show the first few erasures.
		conditions = append(conditions, "EXISTS (SELECT 1 FROM targets WHERE "+target+" LIMIT 1 OFFSET 0)")
	}
	if !f.OverdueAt.IsZero() {
		add("deadline < $%d", micros(f.OverdueAt))
	}
	if !f.AtRiskAt.IsZero() {
		add("accepted_at + deadline <= $%d", 2*f.AtRiskAt.UnixMicro())
	}
	if !f.Since.IsZero() {
		add("accepted_at >= $%d", micros(f.Since))
	}
	if !f.Until.IsZero() {
		add("accepted_at < $%d", micros(f.Until))
	}
	for _, bound := range idBounds(f) {
		add("id "+bound.operator+" $%d", bound.id)
	}
	return strings.Join(conditions, " AND "), args
}

// GetErasure returns one erasure with its targets, ordered by provider, and their
// evidence, oldest first. The error is [erasure.ErrNotFound] if there is no such
// erasure.
func (s *Store) GetErasure(ctx context.Context, id string) (e erasure.Erasure, err error) {
	if !storable(id) {
		return e, erasure.ErrNotFound
	}
	err = s.read(ctx, func(tx *sql.Tx) error {
		e, err = scanErasure(tx.QueryRowContext(ctx, `SELECT `+erasureColumns+` FROM erasures WHERE id = $1`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return erasure.ErrNotFound
		}
		if err != nil {
			return err
		}
		if e.Targets, err = readTargets(ctx, tx, id); err != nil {
			return err
		}
		return readEvidence(ctx, tx, id, e.Targets)
	})
	if err != nil {
		return erasure.Erasure{}, fmt.Errorf("show erasure: %w", err)
	}
	return e, nil
}

func readTargets(ctx context.Context, tx *sql.Tx, erasureID string) ([]erasure.Target, error) {
	var targets []erasure.Target
	rows, err := tx.QueryContext(ctx,
		`SELECT id, erasure_id, provider, state, reason, status, attempts, due_at, granted_until, verified, purge_at, updated_at
		FROM targets WHERE erasure_id = $1 ORDER BY provider`, erasureID)
	err = each(rows, err, func(rows *sql.Rows) error {
		var t erasure.Target
		var due time.Time
		err := rows.Scan(&t.ID, &t.ErasureID, &t.Provider, &t.State, &t.Reason, &t.Status, &t.Attempts,
			stamp{&due}, stamp{&t.GrantedUntil}, &t.Verified, stamp{&t.ReopenableUntil}, stamp{&t.UpdatedAt})
		if t.State == erasure.TargetPending {
			t.NextAt = due
		}
		targets = append(targets, t)
		return err
	})
	return targets, err
}

func readEvidence(ctx context.Context, tx *sql.Tx, erasureID string, targets []erasure.Target) error {
	byID := make(map[string]*erasure.Target, len(targets))
	for i := range targets {
		byID[targets[i].ID] = &targets[i]
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT evidence.target_id, evidence.at, evidence.state, evidence.reason, evidence.status, evidence.attempt, evidence.note, evidence.verified
		FROM evidence JOIN targets ON targets.id = evidence.target_id
		WHERE targets.erasure_id = $1 ORDER BY evidence.target_id, evidence.n`, erasureID)
	return each(rows, err, func(rows *sql.Rows) error {
		var id string
		var e erasure.Evidence
		if err := rows.Scan(&id, stamp{&e.At}, &e.State, &e.Reason, &e.Status, &e.Attempt, &e.Note, &e.Verified); err != nil {
			return err
		}
		byID[id].Evidence = append(byID[id].Evidence, e)
		return nil
	})
}
