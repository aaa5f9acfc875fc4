package ops_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// series returns a FROM clause with the numbers from 0 to n-1 as i.
var series = map[string]string{
	"SQLite":     `(WITH RECURSIVE s (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i + 1 < %d) SELECT i FROM s) AS s`,
	"PostgreSQL": `(SELECT i::bigint FROM generate_series(0, %d - 1) AS s (i)) AS s`,
}

// hexOf returns an expression for the id of row i, which was accepted at the time.
var hexOf = map[string]string{
	"SQLite":     `printf('%%08x-%%04x-7000-8000-%%012x', (%[1]s) / 1000 >> 16, (%[1]s) / 1000 & 65535, i)`,
	"PostgreSQL": `lpad(to_hex((%[1]s) / 1000 >> 16), 8, '0') || '-' || lpad(to_hex((%[1]s) / 1000 & 65535), 4, '0') || '-7000-8000-' || lpad(to_hex(i), 12, '0')`,
}

// fillMonth writes n erasures of the last month with one target each. One in 50 needs a person
// and one in 100 is in progress.
func fillMonth(b *testing.B, store *sqlstore.Store, engine string, n int, now time.Time) {
	b.Helper()
	const month = int64(30 * 24 * time.Hour / time.Microsecond)
	at := fmt.Sprintf("%d + i * %d", now.UnixMicro()-month, month/int64(n))
	id := fmt.Sprintf(hexOf[engine], at)
	from := fmt.Sprintf(series[engine], n)
	erasureState := `CASE WHEN i % 50 = 7 THEN 'attention_required' WHEN i % 100 = 3 THEN 'in_progress' WHEN i % 1000 = 5 THEN 'completed_with_exceptions' ELSE 'completed' END`
	targetState := `CASE WHEN i % 50 = 7 THEN 'action_required' WHEN i % 100 = 3 THEN 'pending' WHEN i % 1000 = 5 THEN 'not_supported' ELSE 'succeeded' END`
	for _, statement := range []string{
		`INSERT INTO customers (account_code, id, erased_at) SELECT '` + account + `', ` + id + `, ` + at + ` FROM ` + from,
		`INSERT INTO erasures (id, account_code, customer_id, state, accepted_at, deadline, final_at) SELECT ` + id + `, '` + account + `', ` + id + `, ` +
			erasureState + `, ` + at + `, ` + at + ` + 2592000000000, CASE WHEN i % 100 = 3 THEN NULL ELSE ` + at + ` + i % 7 * 9000000 END FROM ` + from,
		`INSERT INTO targets (id, erasure_id, provider, state, reason, updated_at, due_at, changes) SELECT ` + id + `, ` + id + `, 'stripe', ` +
			targetState + `, CASE WHEN i % 50 = 7 THEN 'key_refused' ELSE '' END, ` + at + `, CASE WHEN i % 100 = 3 THEN ` + at + ` END, 1 FROM ` + from,
		`INSERT INTO evidence (target_id, n, at, state, reason, status, attempt, note) SELECT ` + id + `, 1, ` + at + `, ` +
			targetState + `, '', 200, 1, '' FROM ` + from,
		`ANALYZE`,
	} {
		if _, err := store.DB().ExecContext(b.Context(), statement); err != nil {
			b.Fatalf("%v\n%s", err, statement)
		}
	}
}

// BenchmarkPages measures pages over a million erasures, or ERASURES.
func BenchmarkPages(b *testing.B) {
	n := 1_000_000
	if text := os.Getenv("ERASURES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		b.Run(engine, func(b *testing.B) {
			store, now := engines.New(b, engine), time.Now()
			if err := store.CreateAccount(b.Context(), erasure.Account{Code: account, PublicKey: "public", CreatedAt: now}); err != nil {
				b.Fatal(err)
			}
			fillMonth(b, store, engine, n, now)
			clock := now
			page := ops.New(ops.Config{
				Store: store, HeartbeatTimeout: time.Minute, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return clock },
				Unworked: func(context.Context) (map[string]int, error) { return nil, nil },
			})
			if _, err := store.AddOperator(b.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: now}); err != nil {
				b.Fatal(err)
			}
			token, err := store.BeginLogin(b.Context(), "ada", now)
			if err != nil {
				b.Fatal(err)
			}
			get := func(path string) time.Duration {
				clock = clock.Add(5 * time.Minute) // nothing is from a cache but the days that are over
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
				r.AddCookie(&http.Cookie{Name: "yuno_erasure_ops", Value: token})
				w := httptest.NewRecorder()
				began := time.Now()
				page.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s: %d\n%s", path, w.Code, w.Body)
				}
				return time.Since(began)
			}
			for b.Loop() { // everything is measured below
			}
			first := get("/")
			b.ReportMetric(float64(first.Milliseconds()), "ms/overview-first")
			last := fmt.Sprintf("%08x", (now.UnixMilli()-29*24*3600*1000)>>16)
			for name, path := range map[string]string{
				"overview": "/", "list": "/erasures", "list-last": "/erasures?before=" + last,
				"attention": "/erasures?person=1&provider=stripe&reason=key_refused", "attention-last": "/erasures?person=1&provider=stripe&reason=key_refused&before=" + last,
				"rare": "/erasures?provider=none", "overdue": "/erasures?overdue=1", "at-risk": "/erasures?at-risk=1", "completed-last": "/erasures?state=completed&before=" + last,
			} {
				var took []time.Duration
				for range 9 {
					took = append(took, get(path))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/"+name)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
