package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// Accept erases a live customer and records the erasure, with one pending target
// per connection. In the same transaction it calls enqueue with one job per target,
// unless there are none.
//
// If the customer's erasure is in progress already, Accept returns that erasure,
// without Targets, and enqueues nothing. In every other case there is no such
// customer: [erasure.ErrCustomerNotFound], in an [*erasure.ErasedError] if this account has
// erased the customer. An unknown customer, another account's
// and an erased one cost the same two index lookups, so the time of the response
// does not tell them apart. [erasure.ErrUnreadable] means that the customer's
// connections cannot be opened, and [*erasure.KeyMissingError] that this process cannot
// open or seal them; nothing was changed.
func (s *Store) Accept(ctx context.Context, r erasure.AcceptRequest, enqueue erasure.EnqueueFunc) (accepted erasure.Erasure, err error) {
	if !storable(r.AccountCode, r.CustomerID) {
		return erasure.Erasure{}, erasure.ErrCustomerNotFound
	}
	var created bool
	accept := func(ctx context.Context, tx *sql.Tx) error {
		created = false // it may be the second time
		known, mark, err := s.liveCustomer(ctx, tx, r.AccountCode, r.CustomerID)
		if errors.Is(err, sql.ErrNoRows) {
			accepted, err = runningErasure(ctx, tx, r)
			return err
		}
		if err != nil {
			return err
		}
		created = true
		accepted, err = s.createErasure(ctx, tx, r, known, mark)
		if err != nil || len(accepted.Targets) == 0 {
			return err
		}
		jobs := make([]erasure.Job, len(accepted.Targets))
		for i, target := range accepted.Targets {
			jobs[i] = erasure.Job{TargetID: target.ID, Provider: target.Provider}
		}
		return enqueue(ctx, tx, jobs)
	}
	// After a rotation the second time finds the new mark.
	if err = s.writeTogether(ctx, accept); errors.Is(err, errMarkMoved) {
		err = s.writeTogether(ctx, accept)
	}
	switch {
	case errors.Is(err, erasure.ErrCustomerNotFound):
		return erasure.Erasure{}, err
	case err != nil:
		return erasure.Erasure{}, fmt.Errorf("accept: %w", err)
	case created:
		s.requestClean()
	}
	return accepted, nil
}

// liveCustomer locks a live customer and returns its links, or sql.ErrNoRows if there is no
// such customer. Of concurrent requests for one customer, the first succeeds; the others
// wait for its lock and find none.
//
// It also shares the lock on the mark of the newest master key, and returns the mark as it
// was when the statement began. It may have waited since, so createErasure looks again.
func (s *Store) liveCustomer(ctx context.Context, tx *sql.Tx, account, customer string) (known links, mark []byte, err error) {
	var wrapped, sealed []byte
	var mode, lock string // see genericPlans and shareMark
	err = tx.QueryRowContext(ctx,
		`SELECT key, links, `+s.engine.genericPlans()+`, `+s.engine.shareMark()+`, (`+markQuery+`) FROM customers
		WHERE account_code = $1 AND id = $2 AND erased_at IS NULL`+s.engine.forUpdate("customers"),
		account, customer).Scan(&wrapped, &sealed, &mode, &lock, &mark)
	if err != nil {
		return links{}, nil, err
	}
	known, err = s.openLinks(ctx, tx, account, customer, wrapped, sealed)
	return known, mark, err
}

// errMarkMoved means that a rotation came between two statements of a transaction. The
// transaction has to be made again.
var errMarkMoved = errors.New("the master key was rotated meanwhile")

// bury turns the customer with account $1 and id $2 into a tombstone of time $3.
const bury = `UPDATE customers SET erased_at = $3, key = NULL, personal = NULL, links = NULL, merchant_mac = NULL
WHERE account_code = $1 AND id = $2`

// runningErasure returns the customer's erasure if it is in progress, otherwise
// ErrCustomerNotFound, which says how it ended if there is one.
func runningErasure(ctx context.Context, tx *sql.Tx, r erasure.AcceptRequest) (erasure.Erasure, error) {
	e, err := scanErasure(tx.QueryRowContext(ctx,
		`SELECT `+erasureColumns+` FROM erasures WHERE account_code = $1 AND customer_id = $2`, r.AccountCode, r.CustomerID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return erasure.Erasure{}, erasure.ErrCustomerNotFound
	case err == nil && e.State != erasure.ErasureInProgress:
		return erasure.Erasure{}, &erasure.ErasedError{State: e.State}
	}
	return e, err
}

// createErasure turns the customer into a tombstone and writes the erasure with its
// targets. The error is errMarkMoved if mark is not that of the newest master key.
func (s *Store) createErasure(ctx context.Context, tx *sql.Tx, r erasure.AcceptRequest, known links, mark []byte) (erasure.Erasure, error) {
	e := erasure.Erasure{
		ID: newID(r.At), AccountCode: r.AccountCode, CustomerID: r.CustomerID,
		State: erasure.ErasureInProgress, AcceptedAt: utc(r.At), Deadline: utc(r.Deadline),
	}
	if len(known.Connections) == 0 {
		e.State, e.FinalAt = erasure.ErasureStateOf(nil), e.AcceptedAt
	}
	var sealer seal.Sealer
	if len(known.Connections) > 0 {
		var err error
		if sealer, err = s.sealerOf(mark); err != nil {
			return e, err
		}
	}
	slices.SortFunc(known.Connections, func(a, b erasure.Connection) int { return cmp.Compare(a.Provider, b.Provider) })
	var targets []any
	for _, connection := range known.Connections {
		target := erasure.Target{
			ID: newID(r.At), ErasureID: e.ID, Provider: connection.Provider, State: erasure.TargetPending,
			NextAt: e.AcceptedAt, UpdatedAt: e.AcceptedAt,
		}
		wrapped, sealed, err := sealProgress(sealer, target.ID, erasure.Progress{References: connection.References})
		if err != nil {
			return e, err
		}
		targets = append(targets, target.ID, target.ErasureID, target.Provider, target.State,
			micros(target.NextAt), micros(target.UpdatedAt), wrapped, sealed)
		e.Targets = append(e.Targets, target)
	}
	changes := []statement{
		{bury, []any{e.AccountCode, e.CustomerID, micros(e.AcceptedAt)}},
		{`INSERT INTO erasures (` + erasureColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7)`, []any{
			e.ID, e.AccountCode, e.CustomerID, e.State, micros(e.AcceptedAt), micros(e.Deadline), micros(e.FinalAt),
		}},
	}
	if len(targets) > 0 {
		changes = append(changes, statement{
			`INSERT INTO targets (id, erasure_id, provider, state, due_at, updated_at, key, refs) VALUES ` + tuples(len(e.Targets), 8), targets,
		})
	}
	var newest []byte
	if err := inOne(ctx, tx, s.engine, append(changes, statement{text: markQuery}), &newest); err != nil {
		return e, err
	}
	if !bytes.Equal(newest, mark) {
		return e, errMarkMoved
	}
	return e, nil
}
