package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure"
)

// rewrapBatch is the number of rows per transaction. It is small so that on SQLite no
// writer waits long for the lock.
const rewrapBatch = 200

// Rewrap wraps every data key under the current master key, and recomputes the HMACs
// of merchant ids. It works in batches, each in its own transaction; an interrupted
// run can be repeated. After each batch it calls progress, if not nil, with the
// number of rows seen so far. It returns the number of rows that it changed.
//
// A row that does not open is left unchanged and reported as an error at the end.
// Before you drop an old master key, run Rewrap until it changes nothing and returns
// no error: until then a server may still be running that wraps under that key.
func (s *Store) Rewrap(ctx context.Context, progress func(done int)) (changed int, err error) {
	if progress == nil {
		progress = func(int) {}
	}
	// The mark comes first: from here on, servers without the new key are not ready.
	total := rewrapped{}
	for _, batch := range []func(context.Context, *sql.Tx) (rewrapped, error){
		s.rewrapCheck, s.rewrapCustomers(), s.rewrapTargets(),
	} {
		for more := true; more; {
			var n rewrapped
			err := s.write(ctx, func(tx *sql.Tx) (err error) {
				n, err = batch(ctx, tx)
				return err
			})
			if err != nil {
				return total.changed, fmt.Errorf("rewrap: %w", err)
			}
			total.seen += n.seen
			total.changed += n.changed
			total.unreadable += n.unreadable
			progress(total.seen)
			more = n.seen == rewrapBatch
		}
	}
	if total.changed > 0 {
		s.requestTruncate() // the log contains the keys as they were wrapped before
	}
	if total.unreadable > 0 {
		return total.changed, fmt.Errorf("rewrap: %d rows do not open with any key in the ring", total.unreadable)
	}
	return total.changed, nil
}

// rewrapped counts rows: those seen, and of these the changed and the unreadable.
type rewrapped struct{ seen, changed, unreadable int }

func (n *rewrapped) count(changed bool, err error) error {
	n.seen++
	switch {
	case errors.Is(err, erasure.ErrUnreadable):
		n.unreadable++
		return nil
	case changed:
		n.changed++
	}
	return err
}

func (s *Store) rewrapCheck(ctx context.Context, tx *sql.Tx) (n rewrapped, err error) {
	var wrapped []byte
	if err := tx.QueryRowContext(ctx, `SELECT key FROM key_checks WHERE id = 1`).Scan(&wrapped); err != nil {
		return n, err
	}
	fresh, err := s.ring.Rewrap(wrapped, checkKey())
	if err != nil || fresh == nil {
		return n, err
	}
	return n, n.count(changedOne(tx.ExecContext(ctx, `UPDATE key_checks SET key = $1 WHERE id = 1`, fresh)))
}

type customerRow struct {
	account, id    string
	wrapped, links []byte
}

// rewrapCustomers returns a function that rewraps the next batch of customers.
func (s *Store) rewrapCustomers() func(context.Context, *sql.Tx) (rewrapped, error) {
	var last customerRow
	return func(ctx context.Context, tx *sql.Tx) (n rewrapped, err error) {
		var batch []customerRow
		rows, err := tx.QueryContext(ctx,
			`SELECT account_code, id, key, links FROM customers
			WHERE (account_code, id) > ($1, $2) AND key IS NOT NULL ORDER BY account_code, id LIMIT $3`,
			last.account, last.id, rewrapBatch)
		err = each(rows, err, func(rows *sql.Rows) error {
			var row customerRow
			err := rows.Scan(&row.account, &row.id, &row.wrapped, &row.links)
			batch = append(batch, row)
			return err
		})
		if err != nil {
			return n, err
		}
		for _, last = range batch {
			if err := n.count(s.rewrapCustomer(ctx, tx, last)); err != nil {
				return n, err
			}
		}
		return n, nil
	}
}

// rewrapCustomer also recomputes the lookup HMAC, whose key is derived from the
// master key. It leaves alone a customer that was replaced or erased meanwhile.
func (s *Store) rewrapCustomer(ctx context.Context, tx *sql.Tx, row customerRow) (changed bool, err error) {
	fresh, err := s.ring.Rewrap(row.wrapped, customerKey(row.account, row.id))
	if err != nil {
		return false, unreadable(err)
	}
	if fresh == nil {
		return false, nil
	}
	known, err := s.openLinks(row.account, row.id, row.wrapped, row.links)
	if err != nil {
		return false, err
	}
	return changedOne(tx.ExecContext(ctx,
		`UPDATE customers SET key = $4, merchant_mac = $5 WHERE account_code = $1 AND id = $2 AND key = $3`,
		row.account, row.id, row.wrapped, fresh, s.merchantMAC(row.account, known.MerchantCustomerID)))
}

type targetRow struct {
	id             string
	wrapped, first []byte
}

// rewrapTargets returns a function that rewraps the next batch of targets.
func (s *Store) rewrapTargets() func(context.Context, *sql.Tx) (rewrapped, error) {
	var last targetRow
	return func(ctx context.Context, tx *sql.Tx) (n rewrapped, err error) {
		var batch []targetRow
		rows, err := tx.QueryContext(ctx,
			`SELECT id, key, first_key FROM targets WHERE id > $1 AND key IS NOT NULL ORDER BY id LIMIT $2`, last.id, rewrapBatch)
		err = each(rows, err, func(rows *sql.Rows) error {
			var row targetRow
			err := rows.Scan(&row.id, &row.wrapped, &row.first)
			batch = append(batch, row)
			return err
		})
		if err != nil {
			return n, err
		}
		for _, last = range batch {
			if err := n.count(s.rewrapTarget(ctx, tx, last)); err != nil {
				return n, err
			}
		}
		return n, nil
	}
}

// rewrapTarget leaves alone a target whose references have changed meanwhile; with them,
// key has changed.
func (s *Store) rewrapTarget(ctx context.Context, tx *sql.Tx, row targetRow) (changed bool, err error) {
	fresh, err := s.ring.Rewrap(row.wrapped, targetKey(row.id))
	if err != nil {
		return false, unreadable(err)
	}
	var first []byte
	if row.first != nil {
		if first, err = s.ring.Rewrap(row.first, targetKey(row.id)); err != nil {
			return false, unreadable(err)
		}
	}
	if fresh == nil && first == nil {
		return false, nil
	}
	return changedOne(tx.ExecContext(ctx,
		`UPDATE targets SET key = coalesce($3, key),
			first_key = CASE WHEN first_key IS NOT NULL THEN coalesce($4, first_key) END
		WHERE id = $1 AND key = $2`, row.id, row.wrapped, fresh, first))
}
