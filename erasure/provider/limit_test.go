package provider

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	t.Run("RequestsASecond", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(Limits{PerSecond: 10, Concurrency: 2})
			start := time.Now()
			for range 22 {
				if err := l.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			// Two start at once, the other twenty at ten a second.
			if took := time.Since(start); took != 2*time.Second {
				t.Errorf("took %v, want 2s", took)
			}
		})
	})
	t.Run("Concurrency", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			now, most := 0, 0
			c := paypalOver(t, func(r *http.Request) (int, string) {
				if isTokenRequest(r) {
					return 200, `{"access_token":"a","expires_in":600}`
				}
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				return 204, ""
			})
			c.limiter = newLimiter(Limits{PerSecond: 1000, Concurrency: 3})
			var group sync.WaitGroup
			for range 9 {
				group.Go(func() {
					c.Erase(t.Context(), erasure.Progress{References: erasure.References{Tokens: []string{"tok_1"}}})
				})
			}
			group.Wait()
			if most != 3 {
				t.Errorf("%d at once, want 3", most)
			}
		})
	})
	t.Run("NoTurnInTime", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := paypalOver(t, func(*http.Request) (int, string) {
				t.Error("a request beyond the limit")
				return 204, ""
			})
			c.limiter = newLimiter(Limits{PerSecond: 0.01, Concurrency: 1})
			if err := c.limiter.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // the next is in 100 s
			defer cancel()
			start := time.Now()
			outcome := c.Erase(ctx, erasure.Progress{References: erasure.References{Tokens: []string{"tok_1"}}})
			wantOutcome(t, outcome, erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "waiting_for_turn"})
			if time.Since(start) != 0 || outcome.Until != start.Add(turnWait) {
				t.Errorf("took %v, until %v", time.Since(start), outcome.Until)
			}
			// The slot is free again.
			if c.limiter.slots.used != 0 {
				t.Error("a slot is taken")
			}
		})
	})
	t.Run("NoSlotInTime", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := paypalOver(t, func(*http.Request) (int, string) { return 204, "" })
			c.limiter = newLimiter(Limits{PerSecond: 1000, Concurrency: 1})
			_, leave, err := c.Enter(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			outcome := c.Erase(ctx, erasure.Progress{References: erasure.References{Tokens: []string{"tok_1"}}})
			wantOutcome(t, outcome, erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "waiting_for_turn"})
		})
	})
}
