package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// reasonReapplied is in the evidence of what [Store.Reapply] has written.
const reasonReapplied = "reapplied_from_log"

// Reapply makes erasures again that this database has lost, because it is a copy from
// before them. It is safe to repeat, and to run beside a service. All are applied or none.
//
//   - A customer who is live is erased. Targets that had ended well stay so, and the
//     others are asked, with the references that the customer has here; enqueue gets
//     their jobs.
//   - A customer who is unknown gets the tombstone that keeps an import from bringing the
//     customer back. Targets that had not ended become action_required with the reason
//     [erasure.ReasonReferencesLost]: the log contains no references.
//   - In an erasure that exists, targets that had ended well by the log end, except those
//     that an operator has reopened here. Those that were reopened after the backup are
//     reported, if logged is of a log; the numbers of an export are no order.
//
// An account that does not exist is created without usable keys: ReplaceKeys gives it
// some.
func (s *Store) Reapply(ctx context.Context, logged []erasure.Change, at time.Time, enqueue erasure.EnqueueFunc) (sum erasure.Reapplied, err error) {
	logged = slices.SortedFunc(slices.Values(logged), func(a, b erasure.Change) int { return cmp.Compare(a.ID, b.ID) })
	var counted func()
	err = s.write(ctx, func(tx *sql.Tx) error {
		sum = erasure.Reapplied{}
		sealer, err := s.sealer(ctx, tx)
		if err != nil {
			return err
		}
		r := reapplication{s: s, tx: tx, sealer: sealer, at: at, sum: &sum}
		for i := range logged {
			if err := r.apply(ctx, logged[i]); err != nil {
				return fmt.Errorf("erasure %s: %w", logged[i].ID, err)
			}
		}
		if counted, err = s.recordReapplied(ctx, tx, at, sum); err != nil || len(r.jobs) == 0 {
			return err
		}
		return enqueue(ctx, tx, r.jobs)
	})
	if err != nil {
		return erasure.Reapplied{}, fmt.Errorf("apply: %w", err)
	}
	counted()
	s.requestClean()
	return sum, nil
}

// reapplication is the transaction of one call of Reapply.
type reapplication struct {
	s      *Store
	tx     *sql.Tx
	sealer seal.Sealer
	at     time.Time
	jobs   []erasure.Job
	sum    *erasure.Reapplied
}

func (r *reapplication) apply(ctx context.Context, c erasure.Change) error {
	e := &c.Erasure
	if !storable(e.ID, e.AccountCode, e.CustomerID) {
		return errors.New("an id is not text")
	}
	var known lockedErasure
	var logged int64 // 0: a change of it has no number
	err := r.tx.QueryRowContext(ctx, `SELECT id, state, coalesce(logged, 0) FROM erasures WHERE account_code = $1 AND customer_id = $2`+
		r.s.engine.forUpdate("erasures"), e.AccountCode, e.CustomerID).Scan(&known.id, &known.state, &logged)
	known.logged = logged > 0
	switch {
	case err == nil:
		r.sum.Known++
		if known.logged && logged < c.N {
			if err := r.findReopened(ctx, known, e); err != nil {
				return err
			}
		}
		if err := r.end(ctx, known, e); err != nil {
			return err
		}
		// The log has a later change of it, so it gets a number after that.
		_, err = r.tx.ExecContext(ctx, `UPDATE erasures SET logged = NULL WHERE id = $1 AND logged < $2`, known.id, c.N)
		return err
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	links, err := r.eraseCustomer(ctx, e)
	if err != nil {
		return err
	}
	return r.create(ctx, e, links.Connections)
}

// endTarget ends a target that is open here, unless an operator has reopened it: the log
// may be from before that.
var endTarget = `
UPDATE targets SET state = $3, reason = $4, status = 0, due_at = NULL, updated_at = ` + noEarlier(`$5`) + `, changes = changes + 1,
    concern = '', concern_since = NULL, concern_count = 0, key = NULL, refs = NULL, first_key = NULL, first_refs = NULL
WHERE erasure_id = $1 AND provider = $2 AND state IN ('pending', 'in_progress', 'action_required', 'failed')
    AND NOT EXISTS (SELECT 1 FROM evidence WHERE target_id = targets.id AND reason = 'reopened_by_operator')
RETURNING id, attempts, changes, updated_at`

// findReopened notes the targets that have ended well here and are open in the log, which
// is newer. A person has to reopen them again: whether their references are still kept,
// and how long they may take, the log does not say.
func (r *reapplication) findReopened(ctx context.Context, known lockedErasure, e *erasure.Erasure) error {
	here, err := readTargets(ctx, r.tx, known.id)
	if err != nil {
		return err
	}
	for _, t := range here {
		if endedWell(t.State) && slices.ContainsFunc(e.Targets, func(l erasure.Target) bool {
			return l.Provider == t.Provider && (!l.State.Final() || l.State.NeedsAttention())
		}) {
			r.sum.Reopened = append(r.sum.Reopened, t.ID)
		}
	}
	return nil
}

// end ends the targets of an erasure that had ended well by the log.
func (r *reapplication) end(ctx context.Context, known lockedErasure, e *erasure.Erasure) error {
	ended := 0
	for _, t := range e.Targets {
		if !t.State.Final() || t.State.NeedsAttention() {
			continue
		}
		var id string
		var attempts, changes int
		var updatedAt time.Time
		err := r.tx.QueryRowContext(ctx, endTarget, known.id, t.Provider, t.State, reasonReapplied, micros(r.at)).
			Scan(&id, &attempts, &changes, stamp{&updatedAt})
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		err = addEvidence(ctx, r.tx, id, changes, erasure.Evidence{At: updatedAt, State: t.State, Reason: reasonReapplied, Attempt: attempts})
		if err != nil {
			return err
		}
		ended++
	}
	if ended == 0 {
		return nil
	}
	r.sum.Ended += ended
	return known.derive(ctx, r.tx, r.at)
}

// eraseCustomer makes a tombstone of the customer, and returns the links of one who was
// live.
func (r *reapplication) eraseCustomer(ctx context.Context, e *erasure.Erasure) (links, error) {
	known, _, err := r.s.liveCustomer(ctx, r.tx, e.AccountCode, e.CustomerID)
	if err == nil {
		r.sum.Erased++
		_, err = r.tx.ExecContext(ctx, bury, e.AccountCode, e.CustomerID, micros(e.AcceptedAt))
		return known, err
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return known, err
	}
	r.sum.Unknown++
	created, err := changedOne(r.tx.ExecContext(ctx,
		`INSERT INTO accounts (`+accountColumns+`) VALUES ($1, $2, $3, $4, NULL) ON CONFLICT DO NOTHING`,
		e.AccountCode, "restored-"+e.AccountCode, make([]byte, 32), micros(r.at)))
	if err != nil {
		return known, err
	}
	if created {
		r.sum.Accounts = append(r.sum.Accounts, e.AccountCode)
	}
	_, err = r.tx.ExecContext(ctx, `INSERT INTO customers (account_code, id, erased_at) VALUES ($1, $2, $3)`,
		e.AccountCode, e.CustomerID, micros(e.AcceptedAt))
	return known, err
}

// create writes the erasure as it was accepted, with the targets that the log has and
// those of connections that the customer has here.
func (r *reapplication) create(ctx context.Context, e *erasure.Erasure, connections []erasure.Connection) error {
	targets := slices.Clone(e.Targets)
	refs := map[string]erasure.References{}
	for _, c := range connections {
		refs[c.Provider] = c.References
		if !slices.ContainsFunc(targets, func(t erasure.Target) bool { return t.Provider == c.Provider }) {
			targets = append(targets, erasure.Target{ID: newID(r.at), Provider: c.Provider, State: erasure.TargetPending})
		}
	}
	states := make([]erasure.TargetState, len(targets))
	for i := range targets {
		r.resume(&targets[i], refs)
		states[i] = targets[i].State
	}
	state, final := erasure.ErasureStateOf(states), e.FinalAt
	switch {
	case state == erasure.ErasureInProgress:
		final = time.Time{}
	case final.IsZero():
		final = r.at
	}
	_, err := r.tx.ExecContext(ctx, `INSERT INTO erasures (`+erasureColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.ID, e.AccountCode, e.CustomerID, state, micros(e.AcceptedAt), micros(e.Deadline), micros(final))
	if err != nil {
		return err
	}
	for i := range targets {
		if err := r.insert(ctx, e, &targets[i], refs[targets[i].Provider]); err != nil {
			return err
		}
	}
	return nil
}

// resume sets the state in which a target goes on from the one in the log.
func (r *reapplication) resume(t *erasure.Target, refs map[string]erasure.References) {
	_, known := refs[t.Provider]
	switch {
	case t.State.Final() && !t.State.NeedsAttention():
		t.Reason = reasonReapplied
		r.sum.Ended++
	case known:
		t.State, t.Reason, t.NextAt = erasure.TargetPending, reasonReapplied, r.at
		r.sum.Asked++
	default:
		t.State, t.Reason = erasure.TargetActionRequired, erasure.ReasonReferencesLost
		r.sum.Lost++
	}
}

func (r *reapplication) insert(ctx context.Context, e *erasure.Erasure, t *erasure.Target, refs erasure.References) error {
	var wrapped, sealed, granted any // NULL
	if t.State == erasure.TargetPending {
		var err error
		if wrapped, sealed, err = sealProgress(r.sealer, t.ID, erasure.Progress{References: refs}); err != nil {
			return err
		}
		if !e.Deadline.After(r.at) { // it would fail before it is asked
			granted = micros(r.at.Add(e.Deadline.Sub(e.AcceptedAt)))
		}
		r.jobs = append(r.jobs, erasure.Job{TargetID: t.ID, Provider: t.Provider})
	}
	_, err := r.tx.ExecContext(ctx,
		`INSERT INTO targets (id, erasure_id, provider, state, reason, changes, due_at, updated_at, granted_until, key, refs)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10)`,
		t.ID, e.ID, t.Provider, t.State, t.Reason, micros(t.NextAt), micros(r.at), granted, wrapped, sealed)
	if err != nil {
		return err
	}
	return addEvidence(ctx, r.tx, t.ID, 1, erasure.Evidence{At: r.at, State: t.State, Reason: t.Reason})
}
