package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// rewrapBatch is the number of rows per transaction. It is small so that on SQLite no
// writer waits long for the lock.
const rewrapBatch = 200

// UnopenedError lists the rows that [Store.Rewrap] left as they were, because they do not
// open with any key in the ring. All others were rewrapped.
type UnopenedError struct {
	Total int
	// Rows names the first ones by their opaque ids: "target ID", "customer ID of account
	// CODE". At most 100.
	Rows []string
}

func (e *UnopenedError) Error() string {
	const most = 5
	text := fmt.Sprintf("%d rows do not open with any key in the ring: ", e.Total)
	if e.Total == 1 {
		text = "1 row does not open with any key in the ring: "
	}
	text += strings.Join(e.Rows[:min(most, len(e.Rows))], ", ")
	if more := e.Total - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

const maxUnopenedRows = 100

func (e *UnopenedError) add(row string) {
	e.Total++
	if len(e.Rows) < maxUnopenedRows {
		e.Rows = append(e.Rows, row)
	}
}

// Rewrap makes the ring's current master key the newest, if it is not yet, wraps every
// data key under it, and recomputes the HMACs of merchant ids. It works in batches, each
// in its own transaction; an interrupted run can be repeated. After each batch it calls
// progress, if not nil, with the number of rows seen so far. It returns the number of rows
// that it changed.
//
// A row that does not open does not stop it. The error is then an [*UnopenedError]. If it
// returns nil, nothing is sealed under an older key any more, nor will be, and the older
// keys count as replaced at that time.
//
// A key that a newer one replaced does not become the newest again: the error says so, and
// nothing was changed. Nor is anything changed after the key was replaced during the run.
func (s *Store) Rewrap(ctx context.Context, at time.Time, progress func(done int)) (changed int, err error) {
	if progress == nil {
		progress = func(int) {}
	}
	run := &rewrapping{s: s, at: at}
	// The mark comes first: from here on everything is sealed under the new key.
	for _, batch := range []func(context.Context, *sql.Tx) (rewrapped, error){
		run.mark, run.customers(), run.targets(), run.done,
	} {
		for more := true; more; {
			var n rewrapped
			err := s.write(ctx, func(tx *sql.Tx) (err error) {
				n, err = batch(ctx, tx)
				return err
			})
			if err != nil {
				return run.changed, fmt.Errorf("rewrap: %w", err)
			}
			run.seen += n.seen
			run.changed += n.changed
			for _, row := range n.unopened {
				run.unopened.add(row)
			}
			progress(run.seen)
			more = n.seen == rewrapBatch
		}
	}
	if run.changed > 0 {
		s.requestClean() // the files contain the keys as they were wrapped before
	}
	if run.unopened.Total > 0 {
		return run.changed, fmt.Errorf("rewrap: %w", &run.unopened)
	}
	return run.changed, nil
}

// rewrapping is one call of Rewrap.
type rewrapping struct {
	s             *Store
	at            time.Time
	newest        seal.KeyID
	marked        bool // this run has made it the newest
	seen, changed int
	unopened      UnopenedError
}

// rewrapped counts rows: those seen, and of these the changed, and names the unopened.
type rewrapped struct {
	seen, changed int
	unopened      []string
}

func (n *rewrapped) count(row string, changed bool, err error) error {
	n.seen++
	if changed {
		n.changed++
	}
	var missing *erasure.KeyMissingError
	if errors.Is(err, erasure.ErrUnreadable) || errors.As(err, &missing) {
		n.unopened = append(n.unopened, row)
		return nil
	}
	return err
}

// mark makes the ring's current key the newest. It waits for the transactions that seal
// under the present one.
func (r *rewrapping) mark(ctx context.Context, tx *sql.Tx) (n rewrapped, err error) {
	if r.s.engine == PostgreSQL {
		if _, err := tx.ExecContext(ctx, `SELECT `+r.s.engine.lockMark()); err != nil {
			return n, err
		}
	}
	wrapped, newest, err := r.s.mark(ctx, tx)
	if err != nil {
		return n, err
	}
	r.newest = r.s.ring.Current()
	if newest == r.newest {
		return n, nil
	}
	keys, err := r.s.masterKeys(ctx, tx)
	if err != nil {
		return n, err
	}
	for _, k := range keys {
		if k.id == r.newest.String() && !k.sealedAt.IsZero() {
			return n, fmt.Errorf("master key %s, which comes first here, was replaced by %s: use the newest key file", r.newest, newest)
		}
	}
	sealer, err := r.s.ring.Sealer(r.newest)
	if err != nil {
		return n, err
	}
	fresh, err := sealer.Rewrap(wrapped, checkKey())
	if err != nil {
		return n, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO master_keys (id, sealed_at) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET sealed_at = excluded.sealed_at`, r.newest.String(), micros(r.at))
	if err != nil {
		return n, err
	}
	changed, err := changedOne(tx.ExecContext(ctx, `UPDATE key_checks SET key = $1 WHERE id = 1`, fresh))
	if err == nil {
		r.marked = true
		err = r.record(ctx, tx, "")
	}
	return n, n.count("", changed, err)
}

// record records the rotation, if a person acts.
func (r *rewrapping) record(ctx context.Context, tx *sql.Tx, note string) error {
	return r.s.record(ctx, tx, erasure.Action{At: r.at, Kind: erasure.ActionRotateMasterKey, Subject: r.newest.String(), Note: note})
}

// sealer returns the sealer of this run, unless a newer key has replaced its own.
func (r *rewrapping) sealer(ctx context.Context, tx *sql.Tx) (seal.Sealer, error) {
	sealer, err := r.s.sealer(ctx, tx)
	if err == nil && sealer.ID() != r.newest {
		err = fmt.Errorf("master key %s was replaced by %s meanwhile", r.newest, sealer.ID())
	}
	return sealer, err
}

// done records that nothing is sealed under an older key.
func (r *rewrapping) done(ctx context.Context, tx *sql.Tx) (n rewrapped, err error) {
	if r.marked {
		if err := r.record(ctx, tx, fmt.Sprintf("keys wrapped under it: %d", r.changed)); err != nil {
			return n, err
		}
	}
	if r.unopened.Total > 0 {
		return n, nil
	}
	if _, err := r.sealer(ctx, tx); err != nil {
		return n, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE master_keys SET replaced_at = $2 WHERE id <> $1 AND sealed_at IS NOT NULL AND replaced_at IS NULL`,
		r.newest.String(), micros(r.at))
	return n, err
}

type customerRow struct {
	account, id    string
	wrapped, links []byte
}

// customers returns a function that rewraps the next batch of customers.
func (r *rewrapping) customers() func(context.Context, *sql.Tx) (rewrapped, error) {
	var last customerRow
	return func(ctx context.Context, tx *sql.Tx) (n rewrapped, err error) {
		sealer, err := r.sealer(ctx, tx)
		if err != nil {
			return n, err
		}
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
			changed, err := r.s.rewrapCustomer(ctx, tx, sealer, last)
			if err := n.count("customer "+last.id+" of account "+last.account, changed, err); err != nil {
				return n, err
			}
		}
		return n, nil
	}
}

// rewrapCustomer also recomputes the lookup HMAC, whose key is derived from the
// master key. It leaves alone a customer that was replaced or erased meanwhile.
func (s *Store) rewrapCustomer(ctx context.Context, tx *sql.Tx, sealer seal.Sealer, row customerRow) (changed bool, err error) {
	fresh, err := sealer.Rewrap(row.wrapped, customerKey(row.account, row.id))
	if err != nil {
		return false, s.cannotOpen(ctx, tx, err)
	}
	if fresh == nil {
		return false, nil
	}
	known, err := s.openLinks(ctx, tx, row.account, row.id, row.wrapped, row.links)
	if errors.Is(err, erasure.ErrUnreadable) { // the key opens, so it outlives the rotation
		changed, failed := changedOne(tx.ExecContext(ctx, `UPDATE customers SET key = $4 WHERE account_code = $1 AND id = $2 AND key = $3`,
			row.account, row.id, row.wrapped, fresh))
		return changed, errors.Join(failed, err)
	}
	if err != nil {
		return false, err
	}
	return changedOne(tx.ExecContext(ctx,
		`UPDATE customers SET key = $4, merchant_mac = $5 WHERE account_code = $1 AND id = $2 AND key = $3`,
		row.account, row.id, row.wrapped, fresh, merchantMAC(sealer, row.account, known.MerchantCustomerID)))
}

type targetRow struct {
	id             string
	wrapped, first []byte
}

// targets returns a function that rewraps the next batch of targets.
func (r *rewrapping) targets() func(context.Context, *sql.Tx) (rewrapped, error) {
	var last targetRow
	return func(ctx context.Context, tx *sql.Tx) (n rewrapped, err error) {
		sealer, err := r.sealer(ctx, tx)
		if err != nil {
			return n, err
		}
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
			changed, err := r.s.rewrapTarget(ctx, tx, sealer, last)
			if err := n.count("target "+last.id, changed, err); err != nil {
				return n, err
			}
		}
		return n, nil
	}
}

// rewrapTarget leaves alone a target whose references have changed meanwhile; with them,
// key has changed. Of its two keys, each is rewrapped that opens.
func (s *Store) rewrapTarget(ctx context.Context, tx *sql.Tx, sealer seal.Sealer, row targetRow) (changed bool, err error) {
	fresh, unopened := sealer.Rewrap(row.wrapped, targetKey(row.id))
	var first []byte
	if row.first != nil {
		var err error
		if first, err = sealer.Rewrap(row.first, targetKey(row.id)); unopened == nil {
			unopened = err
		}
	}
	if fresh != nil || first != nil {
		changed, err = changedOne(tx.ExecContext(ctx,
			`UPDATE targets SET key = coalesce($3, key),
				first_key = CASE WHEN first_key IS NOT NULL THEN coalesce($4, first_key) END
			WHERE id = $1 AND key = $2`, row.id, row.wrapped, fresh, first))
	}
	if err == nil && unopened != nil {
		err = s.cannotOpen(ctx, tx, unopened)
	}
	return changed, err
}
