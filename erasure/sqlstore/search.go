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

// searchLooks is how many erasures a search looks at. A rare match among millions would
// otherwise take seconds. It takes several pages instead.
const searchLooks = 20_000

// SearchErasures returns one page of the erasures that match a filter, newest first. It
// takes the same time for every page and filter, because it looks at a limited number of
// erasures: a page may be short, or empty, and have a next one.
func (s *Store) SearchErasures(ctx context.Context, f erasure.ErasureFilter) (page erasure.ErasurePage, err error) {
	if !storableFilter(f) {
		return page, nil
	}
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	err = s.read(ctx, func(tx *sql.Tx) error {
		stop, err := searchStop(ctx, tx, f)
		if err != nil {
			return err
		}
		query, args := searchQuery(f, stop, limit)
		rows, err := tx.QueryContext(ctx, query, args...)
		err = each(rows, err, func(rows *sql.Rows) error {
			e, err := scanErasure(rows)
			page.Erasures = append(page.Erasures, e)
			return err
		})
		if page.Next = stop; len(page.Erasures) > limit {
			page.Erasures = page.Erasures[:limit]
			page.Next = page.Erasures[limit-1].ID
		}
		for i := range page.Erasures {
			if err == nil && f.WithTargets {
				page.Erasures[i].Targets, err = readTargets(ctx, tx, page.Erasures[i].ID)
			}
		}
		return err
	})
	if err != nil {
		return erasure.ErasurePage{}, fmt.Errorf("search erasures: %w", err)
	}
	return page, nil
}

// searchQuery returns a query for one row more than a page has, down to the id stop.
func searchQuery(f erasure.ErasureFilter, stop string, limit int) (query string, args []any) {
	where, args := whereErasures(f)
	args = append(args, stop, limit+1)
	return fmt.Sprintf(`SELECT %s FROM erasures WHERE %s AND id >= $%d ORDER BY id DESC LIMIT $%d`,
		erasureColumns, where, len(args)-1, len(args)), args
}

// searchStop returns the id of the last erasure that a search looks at, or "" if it can look
// at all. It counts those that the index contains which fits the filter.
func searchStop(ctx context.Context, tx *sql.Tx, f erasure.ErasureFilter) (stop string, err error) {
	if f.AccountCode != "" && f.CustomerID != "" {
		return "", nil // at most one
	}
	conditions, args := []string{indexed(f)}, []any{}
	for _, bound := range idBounds(f) {
		args = append(args, bound.id)
		conditions = append(conditions, fmt.Sprintf("id %s $%d", bound.operator, len(args)))
	}
	looks := f.Looks
	if looks <= 0 {
		looks = searchLooks
	}
	args = append(args, looks-1)
	err = tx.QueryRowContext(ctx, fmt.Sprintf(`SELECT id FROM erasures WHERE %s ORDER BY id DESC LIMIT 1 OFFSET $%d`,
		strings.Join(conditions, " AND "), len(args)), args...).Scan(&stop)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return stop, err
}

// indexed returns the condition of the smallest index that contains whatever matches the
// filter. Queries repeat it word for word.
func indexed(f erasure.ErasureFilter) string {
	switch {
	case f.State == erasure.ErasureInProgress, f.State == erasure.ErasureAttentionRequired, f.Attention,
		!f.OverdueAt.IsZero(), !f.AtRiskAt.IsZero():
		return "state IN ('in_progress', 'attention_required')"
	case f.State == erasure.ErasureCompletedWithExceptions:
		return "state = 'completed_with_exceptions'"
	}
	return "1 = 1"
}

type idBound struct{ operator, id string }

// idBounds returns the bounds on ids that the filter sets, by time or by id.
func idBounds(f erasure.ErasureFilter) (bounds []idBound) {
	if f.Before != "" {
		bounds = append(bounds, idBound{"<", f.Before})
	}
	if !f.Since.IsZero() {
		bounds = append(bounds, idBound{">=", firstID(f.Since)})
	}
	if !f.Until.IsZero() {
		bounds = append(bounds, idBound{"<", firstID(f.Until.Add(time.Millisecond))})
	}
	return bounds
}

// firstID returns a text that sorts before every id of the millisecond of a time, and after
// all earlier ones.
func firstID(at time.Time) string {
	ms := max(at.UnixMilli(), 0)
	return fmt.Sprintf("%08x-%04x", ms>>16, ms&0xffff)
}

// ErasuresOf returns the erasures of a customer in all accounts, without their targets.
func (s *Store) ErasuresOf(ctx context.Context, customerID string) (list []erasure.Erasure, err error) {
	if !storable(customerID) {
		return nil, nil
	}
	// The index begins with the account, of which there are few.
	rows, err := s.reader.QueryContext(ctx, `SELECT `+erasureColumns+` FROM erasures
WHERE (account_code, customer_id) IN (SELECT code, $1 FROM accounts) ORDER BY id DESC`, customerID)
	err = each(rows, err, func(rows *sql.Rows) error {
		e, err := scanErasure(rows)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find erasures of a customer: %w", explain(err))
	}
	return list, nil
}
