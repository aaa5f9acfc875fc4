package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

type actorKey struct{}

// acting is one action of a person. Its id is given with the first change.
type acting struct {
	erasure.Actor
	mu       sync.Mutex
	id       string
	imported int
	applied  erasure.Reapplied
}

// WithActor returns a context for one action of a person. The methods of [Store] that people
// use (Retry, Resolve, Reopen, ShowReferences, PauseConnection, ResumeConnection, Import,
// Reapply, Rewrap, DropKeys and those of accounts and operators) then record it in the
// transaction that makes the change. Several calls with the context are one action, whose
// targets, customers and erasures are added up. Without an actor nothing
// is recorded, as when a service acts by itself.
func WithActor(ctx context.Context, a erasure.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, &acting{Actor: a})
}

// actionID returns the id of the action.
func (a *acting) actionID(at time.Time) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.id == "" {
		a.id = newID(at)
	}
	return a.id
}

// record writes the action of the context's actor, or adds to it if it exists. The targets
// are those that it changed.
func (s *Store) record(ctx context.Context, tx *sql.Tx, a erasure.Action, targetIDs ...string) error {
	actor, ok := ctx.Value(actorKey{}).(*acting)
	if !ok {
		return nil
	}
	if actor.Selection != "" {
		a.Subject = actor.Selection
	}
	id := actor.actionID(a.At)
	_, err := tx.ExecContext(ctx, `
INSERT INTO actions (id, at, operator, via, kind, subject, note, targets) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET targets = actions.targets + excluded.targets,
    note = CASE WHEN excluded.note = '' THEN actions.note ELSE excluded.note END`,
		id, micros(a.At), actor.Name, actor.Via, a.Kind, a.Subject, a.Note, a.Targets+len(targetIDs))
	for _, target := range targetIDs {
		if err == nil {
			_, err = tx.ExecContext(ctx, `INSERT INTO action_targets (target_id, action_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, target, id)
		}
	}
	return err
}

// recordImport records the import of customers. counted adds them to the action; call it
// after the commit.
func (s *Store) recordImport(ctx context.Context, tx *sql.Tx, account string, n int) (counted func(), err error) {
	actor, ok := ctx.Value(actorKey{}).(*acting)
	if !ok {
		return func() {}, nil
	}
	actor.mu.Lock()
	total := actor.imported + n
	actor.mu.Unlock()
	a := erasure.Action{At: time.Now(), Kind: erasure.ActionImportCustomers, Subject: account, Note: fmt.Sprintf("customers: %d", total)}
	return func() {
		actor.mu.Lock()
		defer actor.mu.Unlock()
		actor.imported = total
	}, s.record(ctx, tx, a)
}

// recordReapplied records that erasures of a log were applied, likewise.
func (s *Store) recordReapplied(ctx context.Context, tx *sql.Tx, at time.Time, sum erasure.Reapplied) (counted func(), err error) {
	actor, ok := ctx.Value(actorKey{}).(*acting)
	if !ok {
		return func() {}, nil
	}
	actor.mu.Lock()
	total := actor.applied
	actor.mu.Unlock()
	total.Add(sum)
	a := erasure.Action{At: at, Kind: erasure.ActionApplyLog, Note: fmt.Sprintf("erased again: %d, not in this database: %d, known here: %d",
		total.Erased, total.Unknown, total.Known)}
	return func() {
		actor.mu.Lock()
		defer actor.mu.Unlock()
		actor.applied = total
	}, s.record(ctx, tx, a)
}

// recordTargets records an action on targets. If they are all of one erasure, that is the
// subject.
func (s *Store) recordTargets(ctx context.Context, tx *sql.Tx, a erasure.Action, targetIDs []string) error {
	if ctx.Value(actorKey{}) == nil {
		return nil
	}
	for i, id := range targetIDs {
		var of string
		if err := tx.QueryRowContext(ctx, `SELECT erasure_id FROM targets WHERE id = $1`, id).Scan(&of); err != nil {
			return err
		}
		if i > 0 && of != a.Subject {
			a.Subject = ""
			break
		}
		a.Subject = of
	}
	return s.record(ctx, tx, a, targetIDs...)
}

// recordMoved adds targets to the action that the caller has recorded, if a person acts.
func (s *Store) recordMoved(ctx context.Context, tx *sql.Tx, at time.Time, moved []erasure.Job) error {
	ids := make([]string, len(moved))
	for i, job := range moved {
		ids[i] = job.TargetID
	}
	return s.record(ctx, tx, erasure.Action{At: at}, ids...)
}

const actionColumns = `id, at, operator, via, kind, subject, note, targets`

// ListActions returns the actions that match a filter, newest first.
func (s *Store) ListActions(ctx context.Context, f erasure.ActionFilter) (list []erasure.Action, err error) {
	if !storable(f.Operator, f.ErasureID, f.Before) {
		return nil, nil
	}
	conditions, args := []string{"1 = 1"}, []any{}
	add := func(condition, value string) {
		if value != "" {
			args = append(args, value)
			conditions = append(conditions, fmt.Sprintf(condition, len(args)))
		}
	}
	add("operator = $%d", f.Operator)
	add("id IN (SELECT action_id FROM action_targets JOIN targets ON targets.id = target_id WHERE erasure_id = $%d)", f.ErasureID)
	add("id < $%d", f.Before)
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	args = append(args, limit)
	rows, err := s.reader.QueryContext(ctx, fmt.Sprintf(`SELECT %s FROM actions WHERE %s ORDER BY id DESC LIMIT $%d`,
		actionColumns, strings.Join(conditions, " AND "), len(args)), args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var a erasure.Action
		err := rows.Scan(&a.ID, stamp{&a.At}, &a.Operator, &a.Via, &a.Kind, &a.Subject, &a.Note, &a.Targets)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", explain(err))
	}
	return list, nil
}
