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

// NeedingAttention returns the ids of the targets that need a person and match a filter,
// ordered by id: up to limit, after the given one.
func (s *Store) NeedingAttention(ctx context.Context, f erasure.TargetFilter, after string, limit int) ([]string, error) {
	if !storable(f.Provider, f.Reason, after) {
		return nil, nil
	}
	where, args := whereAttention(f)
	args = append(args, after, limit)
	ids, err := s.column(ctx, fmt.Sprintf(`SELECT id FROM targets WHERE %s AND id > $%d ORDER BY id LIMIT $%d`,
		where, len(args)-1, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("list targets that need a person: %w", err)
	}
	return ids, nil
}

// CountNeedingAttention returns the number of targets that need a person and match a
// filter.
func (s *Store) CountNeedingAttention(ctx context.Context, f erasure.TargetFilter) (n int, err error) {
	if !storable(f.Provider, f.Reason) {
		return 0, nil
	}
	where, args := whereAttention(f)
	if err := s.reader.QueryRowContext(ctx, `SELECT count(*) FROM targets WHERE `+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count targets that need a person: %w", explain(err))
	}
	return n, nil
}

func whereAttention(f erasure.TargetFilter) (where string, args []any) {
	where = unusual + ` AND state IN ('action_required', 'failed')`
	for _, column := range []struct{ name, value string }{{"provider", f.Provider}, {"reason", f.Reason}} {
		if column.value != "" {
			args = append(args, column.value)
			where += fmt.Sprintf(" AND %s = $%d", column.name, len(args))
		}
	}
	if !f.Until.IsZero() {
		args = append(args, micros(f.Until))
		where += fmt.Sprintf(" AND updated_at <= $%d", len(args))
	}
	return where, args
}

// noteShown counts the row of evidence that ShowReferences writes. The outcome of the
// target does not change.
var noteShown = change{
	update:    `UPDATE targets SET changes = changes + 1, updated_at = ` + noEarlier(`$2`) + ` WHERE id = $1 AND state IN ('action_required', 'failed')`,
	returning: `key, refs`,
	outcome:   `'references_shown', 0, 0`,
}

// ShowReferences opens the references of the targets of an erasure that need a person,
// by target, and records in their evidence that they were shown. Without such a target,
// it returns none; nor of one whose references are lost. The errors are [erasure.ErrNotFound] for an unknown erasure, and
// [erasure.ErrUnreadable] and [*erasure.KeyMissingError].
func (s *Store) ShowReferences(ctx context.Context, erasureID string, at time.Time) (map[string]erasure.References, error) {
	if !storable(erasureID) {
		return nil, erasure.ErrNotFound
	}
	shown := map[string]erasure.References{}
	err := s.write(ctx, func(tx *sql.Tx) error {
		// Lock the erasure first, as every change of a target does.
		err := tx.QueryRowContext(ctx, `SELECT id FROM erasures WHERE id = $1`+s.engine.forUpdate("erasures"), erasureID).Scan(&erasureID)
		if errors.Is(err, sql.ErrNoRows) {
			return erasure.ErrNotFound
		}
		if err != nil {
			return err
		}
		targets, err := readTargets(ctx, tx, erasureID)
		if err != nil {
			return err
		}
		for _, target := range targets {
			if !target.State.NeedsAttention() || target.Reason == erasure.ReasonReferencesLost {
				continue
			}
			var wrapped, sealed []byte
			if err := noteShown.in(ctx, tx, s.engine, []any{target.ID, micros(at)}, &wrapped, &sealed); err != nil {
				return err
			}
			progress, err := s.openProgress(ctx, tx, target.ID, wrapped, sealed)
			if err != nil {
				return err
			}
			shown[target.ID] = progress.References
		}
		if len(shown) == 0 {
			return nil
		}
		return s.record(ctx, tx, erasure.Action{At: at, Kind: erasure.ActionShowReferences, Subject: erasureID}, slices.Collect(maps.Keys(shown))...)
	})
	if err != nil {
		return nil, fmt.Errorf("show references: %w", err)
	}
	return shown, nil
}
