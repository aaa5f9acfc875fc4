package client

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Whatever was asked for, the policy waits no longer than its limit.
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
