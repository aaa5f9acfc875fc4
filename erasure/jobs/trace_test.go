package jobs_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// stubTrace takes the value of traceKey along.
type stubTrace struct{}

type traceKey struct{}

func (*stubTrace) Save(ctx context.Context) string {
	text, _ := ctx.Value(traceKey{}).(string)
	return text
}

func (*stubTrace) Restore(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// Every attempt at a target belongs to the trace in which it was enqueued, also after it had
// to wait.
func TestTraceTravelsWithTheJob(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		trace := &stubTrace{}
		q := openQueue(t, store, jobs.Config{Workers: map[string]int{"stripe": 2}, Trace: trace})
		type attempt struct{ id, trace string }
		attempts := make(chan attempt, 10)
		startQueue(t, q, &handler{attempt: func(ctx context.Context, id string, n int, _ erasure.TxFunc) (time.Time, error) {
			attempts <- attempt{id, trace.Save(ctx)}
			if n == 1 && id == "traced" {
				return time.Now(), nil
			}
			return time.Time{}, nil
		}})
		for id, ctx := range map[string]context.Context{
			"traced": context.WithValue(t.Context(), traceKey{}, `a "trace"`),
			"plain":  t.Context(),
		} {
			err := inTx(t.Context(), store.DB(), func(tx *sql.Tx) error {
				return q.Enqueue(ctx, tx, []erasure.Job{{TargetID: id, Provider: "stripe"}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got := map[attempt]int{}
		for range 3 {
			got[await.Receive(t, "an attempt", attempts)]++
		}
		if got[attempt{"traced", `a "trace"`}] != 2 || got[attempt{"plain", ""}] != 1 {
			t.Errorf("got %v", got)
		}
	})
}
