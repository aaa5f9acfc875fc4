package erasure_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	_ "modernc.org/sqlite"             // registers "sqlite"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
)

// bareLoop runs only the statements that accept an erasure, including its jobs. It uses
// plain database/sql on its own connections, and all arguments are prepared in advance. It
// measures the limit of the engine.
type bareLoop struct {
	db      *sql.DB
	dsn     string // of PostgreSQL; empty for SQLite
	queue   *jobs.Queue
	account string
	work    map[string]bareWork // by customer
}

// bareWork is the arguments for one customer.
type bareWork struct {
	erasureID string
	targets   []any
	jobs      []erasure.Job
}

// DB implements [jobs.Database].
func (l *bareLoop) DB() *sql.DB { return l.db }

// ListenDSN implements [jobs.Database].
func (l *bareLoop) ListenDSN() string { return l.dsn }

func newBareLoop(b *testing.B, dsn, account string) *bareLoop {
	b.Helper()
	l := &bareLoop{account: account}
	var err error
	if strings.HasPrefix(dsn, "file:") {
		l.db, err = sql.Open("sqlite", dsn+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_busy_timeout=10000"+
			"&_foreign_keys=1&_pragma=secure_delete(1)&_pragma=cache_size(-65536)")
		l.db.SetMaxOpenConns(1)
	} else {
		l.dsn = dsn
		l.db, err = sql.Open("pgx", dsn)
		l.db.SetMaxOpenConns(40)
		l.db.SetMaxIdleConns(40)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.db.Close() })
	if l.queue, err = jobs.Open(b.Context(), l, jobs.Config{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(l.queue.Close)
	return l
}

// prepare creates the arguments for accepting these customers.
func (l *bareLoop) prepare(customers []string) {
	now := time.Now().UnixMicro()
	l.work = make(map[string]bareWork, len(customers))
	for i, customer := range customers {
		w := bareWork{erasureID: fmt.Sprintf("%016d-%09d", now, i)} // ascending, as real ids are
		for k, provider := range []string{"adyen", "mollie", "stripe"} {
			id := fmt.Sprintf("%s-%d", w.erasureID, k)
			w.targets = append(w.targets, id, w.erasureID, provider, "pending", now, now, make([]byte, 69), make([]byte, 150))
			w.jobs = append(w.jobs, erasure.Job{TargetID: id, Provider: provider})
		}
		l.work[customer] = w
	}
}

func (l *bareLoop) accept(customer string) error {
	ctx, w, now := context.Background(), l.work[customer], time.Now().UnixMicro()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	lock := ""
	if l.dsn != "" {
		lock = " FOR UPDATE OF customers"
	}
	var key, links []byte
	err = tx.QueryRowContext(ctx,
		`SELECT key, links FROM customers WHERE account_code = $1 AND id = $2 AND erased_at IS NULL`+lock,
		l.account, customer).Scan(&key, &links)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx,
		`UPDATE customers SET erased_at = $3, key = NULL, personal = NULL, links = NULL, merchant_mac = NULL
		WHERE account_code = $1 AND id = $2`, l.account, customer, now)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx,
		`INSERT INTO erasures (id, account_code, customer_id, state, accepted_at, deadline, final_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		w.erasureID, l.account, customer, "in_progress", now, now, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx,
		`INSERT INTO targets (id, erasure_id, provider, state, due_at, updated_at, key, refs) VALUES
		($1,$2,$3,$4,$5,$6,$7,$8),($9,$10,$11,$12,$13,$14,$15,$16),($17,$18,$19,$20,$21,$22,$23,$24)`, w.targets...)
	if err != nil {
		return err
	}
	if err := l.queue.Enqueue(ctx, tx, w.jobs); err != nil {
		return err
	}
	return tx.Commit()
}
