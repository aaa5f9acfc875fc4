package sqlstore_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// newBareLoop returns the statements of accepting an erasure, without anything
// around them: everything they take is made up beforehand. It measures the
// engine, and so what Accept adds to it.
func newBareLoop(b *testing.B, store *sqlstore.Store, customers []string, enqueue erasure.EnqueueFunc) func(i int) {
	db, lock := store.DB(), ""
	if store.Engine() == sqlstore.PostgreSQL {
		lock = " FOR UPDATE OF customers"
	}
	type prepared struct {
		erasureID  string
		targetArgs []any
		jobs       []erasure.Job
	}
	work := make([]prepared, len(customers))
	for i := range work {
		w := &work[i]
		// In ascending order, as real ids are.
		w.erasureID = fmt.Sprintf("%s-%09d", customers[0][:12], i)
		for k, provider := range []string{"adyen", "mollie", "stripe"} {
			id := fmt.Sprintf("%s-%d", w.erasureID, k)
			w.targetArgs = append(w.targetArgs, id, w.erasureID, provider, "pending",
				benchStart.UnixMicro(), benchStart.UnixMicro(), make([]byte, 69), make([]byte, 150))
			w.jobs = append(w.jobs, erasure.Job{TargetID: id, Provider: provider})
		}
	}
	accept := func(tx *sql.Tx, i int) error {
		ctx := b.Context()
		var key, links []byte
		err := tx.QueryRowContext(ctx,
			`SELECT key, links FROM customers WHERE account_code = $1 AND id = $2 AND erased_at IS NULL`+lock,
			benchAccount, customers[i]).Scan(&key, &links)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx,
			`UPDATE customers SET erased_at = $3, key = NULL, personal = NULL, links = NULL, merchant_mac = NULL
			WHERE account_code = $1 AND id = $2`, benchAccount, customers[i], benchStart.UnixMicro())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx,
			`INSERT INTO erasures (id, account_code, customer_id, state, accepted_at, deadline, final_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			work[i].erasureID, benchAccount, customers[i], "in_progress", benchStart.UnixMicro(), benchStart.UnixMicro(), nil)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx,
			`INSERT INTO targets (id, erasure_id, provider, state, due_at, updated_at, key, refs) VALUES
			($1,$2,$3,$4,$5,$6,$7,$8),($9,$10,$11,$12,$13,$14,$15,$16),($17,$18,$19,$20,$21,$22,$23,$24)`, work[i].targetArgs...)
		if err != nil {
			return err
		}
		return enqueue(ctx, tx, work[i].jobs)
	}
	return func(i int) {
		tx, err := db.BeginTx(b.Context(), nil)
		if err != nil {
			b.Error(err)
			return
		}
		if err := accept(tx, i); err != nil {
			b.Error(err, tx.Rollback())
			return
		}
		if err := tx.Commit(); err != nil {
			b.Error(err)
		}
	}
}
