package client

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

func TestBackoffIsLimitedWithFullJitter(t *testing.T) {
	t.Parallel()
	policy := retryPolicy{max: 100, maxDelay: 8 * time.Second}
	for attempts, limit := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 4: 4 * time.Second, 5: 8 * time.Second, 6: 8 * time.Second, 100: 8 * time.Second,
	} {
		low, high := time.Duration(math.MaxInt64), time.Duration(0)
		for range 2000 {
			d := policy.backoff(attempts)
			low, high = min(low, d), max(high, d)
		}
		if high > limit || high < limit*9/10 || low > limit/10 || low < 0 {
			t.Errorf("attempt %d: waits %v to %v, want them spread over 0 to %v", attempts, low, high, limit)
		}
	}
	short := retryPolicy{max: 2, maxDelay: time.Millisecond}
	for range 100 {
		if d := short.backoff(1); d > time.Millisecond {
			t.Fatalf("got %v, want at most the cap of 1ms", d)
		}
	}
	long := retryPolicy{max: math.MaxInt, maxDelay: time.Hour}
	if d := long.backoff(1 << 30); d < 0 || d > time.Hour {
		t.Errorf("got %v, want at most an hour", d)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		policy := retryPolicy{max: 2, maxDelay: 8 * time.Second}
		for _, tc := range []struct {
			name       string
			ctx        context.Context
			attempts   int
			retryAfter time.Duration
			ok         bool
		}{
			{"First", t.Context(), 1, 0, true},
			{"Second", t.Context(), 2, 0, true},
			{"NoneLeft", t.Context(), 3, 0, false},
			{"AtCap", t.Context(), 1, 8 * time.Second, true},
			{"AboveCap", t.Context(), 1, 8*time.Second + 1, false},
			{"WithinDeadline", ctx, 1, 4 * time.Second, true},
			{"AtDeadline", ctx, 1, 5 * time.Second, false},
			{"PastDeadline", ctx, 1, 6 * time.Second, false},
		} {
			wait, ok := policy.delay(tc.ctx, tc.attempts, tc.retryAfter)
			if ok != tc.ok || (ok && wait < tc.retryAfter) {
				t.Errorf("%s: got %v, %v, want ok = %v", tc.name, wait, ok, tc.ok)
			}
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	t.Run("EndsAfterBurst", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, allowed := newRetryBudget(), 0
			for range 1000 {
				if b.fail() {
					allowed++
				}
			}
			if allowed != 50 {
				t.Errorf("got %d retries, want 50", allowed)
			}
		})
	})
	t.Run("RecoversWithSuccesses", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newRetryBudget()
			for range 1000 {
				b.fail()
			}
			for range 500 {
				b.succeed()
			}
			if b.fail() {
				t.Error("a retry was allowed with 49 tokens left")
			}
			for range 30 {
				b.succeed()
			}
			if !b.fail() {
				t.Error("no retry was allowed with 51 tokens left")
			}
		})
	})
	t.Run("RecoversWithTime", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newRetryBudget()
			for range 1000 {
				b.fail()
			}
			time.Sleep(52 * time.Second)
			if !b.fail() {
				t.Error("no retry was allowed after 52 s")
			}
		})
	})
	t.Run("NeverExceedsItsSize", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, allowed := newRetryBudget(), 0
			for range 10000 {
				b.succeed()
			}
			time.Sleep(24 * time.Hour)
			for range 1000 {
				if b.fail() {
					allowed++
				}
			}
			if allowed != 50 {
				t.Errorf("got %d retries, want 50", allowed)
			}
		})
	})
}

// Whatever wait the server asks for, the policy waits no longer than its limit.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"0", "3", "1.5", "-1", "NaN", "Inf", "1e300", "0x1p-2", "1_000", "99999999999999999999", "Sat, 01 Aug 2026 12:00:05 GMT", "Sat Aug  1 12:00:05 2026", ""} {
		f.Add(value)
	}
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		asked, _ := wire.ParseRetryAfter(value, now)
		policy := retryPolicy{max: 1, maxDelay: 8 * time.Second}
		if wait, retry := policy.delay(t.Context(), 1, asked); wait < 0 || wait > 8*time.Second || (retry && wait < asked) {
			t.Errorf("%q: waits %v", value, wait)
		}
	})
}
